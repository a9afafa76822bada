import type { FileHandle } from 'node:fs/promises'
import { conflict, GiB, internal, unavailable } from '@rookery/model'
import type { VolumeFormat } from '@rookery/protocol'
import { z } from 'zod'
import type { Confinement, ConfinedResult } from './confine.ts'

/** `qemu-img` on open files, confined, with formats that are always said. */
export interface QemuImg {
  /** Makes an empty qcow2 of this many guest-visible bytes in the file. */
  createQcow2(file: FileHandle, capacity: number, signal?: AbortSignal): Promise<void>
  /** Grows a qcow2. */
  resizeQcow2(file: FileHandle, capacity: number, signal?: AbortSignal): Promise<void>
  /** What QEMU itself makes of the qcow2. */
  infoQcow2(file: FileHandle, signal?: AbortSignal): Promise<ImageInfo>
  /** Looks for broken tables: how many clusters are wrong, and how many are merely lost. */
  checkQcow2(file: FileHandle, signal?: AbortSignal): Promise<ImageCheck>
  /** Which parts of the image hold data, in order and without gaps. */
  map(file: FileHandle, format: VolumeFormat, signal?: AbortSignal): Promise<MapEntry[]>
}

const ImageInfo = z.object({
  format: z.string(),
  'virtual-size': z.int().nonnegative(),
  'backing-filename': z.string().optional(),
  'format-specific': z
    .object({ data: z.object({ 'data-file': z.string().optional(), corrupt: z.boolean().optional() }).optional() })
    .optional(),
})
export type ImageInfo = z.infer<typeof ImageInfo>

const ImageCheck = z.object({
  'check-errors': z.int(),
  corruptions: z.int().default(0),
  leaks: z.int().default(0),
})
export type ImageCheck = z.infer<typeof ImageCheck>

const MapEntry = z.object({
  start: z.int().nonnegative(),
  length: z.int().positive(),
  data: z.boolean(),
  zero: z.boolean(),
  present: z.boolean().optional(),
})
export type MapEntry = z.infer<typeof MapEntry>

/** The file that the program finds at its descriptor 3. */
const theFile = '/dev/fd/3'

const limits = { memory: GiB, cpuSeconds: 60, seconds: 120, outputBytes: 16 * 1024 * 1024 }

/** `qemu-img` of this host behind the given confinement. */
export function createQemuImg(confinement: Confinement): QemuImg {
  const run = async (args: string[], file: FileHandle, signal: AbortSignal | undefined, accept: readonly number[]) => {
    const result = await confinement.run(['qemu-img', ...args], {
      ...limits,
      files: [file],
      ...(signal === undefined ? {} : { signal }),
    })
    if (result.code === null || !accept.includes(result.code)) throw failure(args[0] ?? '', result)
    return result
  }
  const size = (capacity: number) => {
    if (!Number.isSafeInteger(capacity) || capacity < 0) throw internal('qemu_img.size', `${capacity} is no size`)
    return String(capacity)
  }
  return {
    async createQcow2(file, capacity, signal) {
      const options = 'compat=1.1,cluster_size=65536,lazy_refcounts=off,preallocation=off'
      await run(['create', '-q', '-f', 'qcow2', '-o', options, theFile, size(capacity)], file, signal, [0])
    },
    async resizeQcow2(file, capacity, signal) {
      await run(['resize', '-q', '-f', 'qcow2', theFile, size(capacity)], file, signal, [0])
    },
    async infoQcow2(file, signal) {
      const result = await run(['info', '-f', 'qcow2', '--output=json', theFile], file, signal, [0])
      return parse(ImageInfo, 'info', result)
    },
    async checkQcow2(file, signal) {
      // 0 sound, 2 corrupt, 3 lost clusters only; 1 and 63 mean that it could not look.
      const result = await run(['check', '-f', 'qcow2', '--output=json', theFile], file, signal, [0, 2, 3])
      return parse(ImageCheck, 'check', result)
    },
    async map(file, format, signal) {
      const result = await run(['map', '-f', format, '--output=json', theFile], file, signal, [0])
      return parse(z.array(MapEntry), 'map', result)
    },
  }
}

function parse<T>(schema: z.ZodType<T>, verb: string, result: ConfinedResult): T {
  let value: unknown
  try {
    value = JSON.parse(result.stdout.toString('utf8'))
  } catch (error) {
    throw internal('qemu_img.output', `qemu-img ${verb} printed something other than JSON.`, { cause: error })
  }
  const parsed = schema.safeParse(value)
  if (!parsed.success)
    throw internal('qemu_img.output', `qemu-img ${verb} printed JSON of another shape.`, { cause: parsed.error })
  return parsed.data
}

function failure(verb: string, result: ConfinedResult): Error {
  const said = result.stderr.trim().split('\n').at(-1) ?? ''
  if (/Failed to (get|lock)|lock/i.test(said) && /lock/.test(said))
    return conflict('volume.in_use', 'The volume is in use by a running guest or another program.', { detail: said })
  if (result.signal !== null)
    return unavailable('qemu_img.killed', `qemu-img ${verb} was ended by ${result.signal}: the image asks too much.`, {
      detail: said,
    })
  return unavailable('qemu_img.failed', `qemu-img ${verb} failed: ${said || `exit code ${result.code}`}`)
}
