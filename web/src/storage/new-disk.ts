import { GiB, TiB } from '@rookery/model'
import type { NativeOperations } from '../api/native.ts'
import { parseSize } from '../format/size-input.ts'

/** What the dialog "New disk" holds, as it is typed. */
export interface NewDiskForm {
  alias: string
  description: string
  size: string
  storageDomainId: string
  /** Thin: qcow2 that grows; preallocated: raw, all of it at once. */
  allocation: 'thin' | 'preallocated'
  shareable: boolean
  wipe: boolean
}

export const emptyDisk: NewDiskForm = {
  alias: '',
  description: '',
  size: '10 GiB',
  storageDomainId: '',
  allocation: 'thin',
  shareable: false,
  wipe: false,
}

/** What is wrong with a field; the page words it. */
export type DiskProblem = 'nameMissing' | 'notASize' | 'sizeRange' | 'domainMissing' | 'notLarger'

const largest = 500 * TiB

/** A size as it was typed: its bytes, and what is wrong with it by the rules of `disk.add`. */
export function diskSize(text: string): { bytes: number; problem: DiskProblem | undefined } {
  const size = parseSize(text)
  if (!size.ok) return { bytes: GiB, problem: 'notASize' }
  return { bytes: size.bytes, problem: size.bytes < 1 || size.bytes > largest ? 'sizeRange' : undefined }
}

/** The size that a disk is to grow to; it only ever grows. */
export function grownSize(text: string, now: number): { bytes: number; problem: DiskProblem | undefined } {
  const { bytes, problem } = diskSize(text)
  return { bytes, problem: problem ?? (bytes <= now ? 'notLarger' : undefined) }
}

/** Everything that is wrong with the form. */
export function problemsOf(form: NewDiskForm): Partial<Record<keyof NewDiskForm, DiskProblem>> {
  const size = diskSize(form.size).problem
  return {
    ...(form.alias.trim() === '' ? { alias: 'nameMissing' as const } : {}),
    ...(size === undefined ? {} : { size }),
    ...(form.storageDomainId === '' ? { storageDomainId: 'domainMissing' as const } : {}),
  }
}

/** The operation's input of a form without problems. Only a raw disk can be shared. */
export function inputOf(form: NewDiskForm): NativeOperations['disk.add']['input'] {
  const raw = form.allocation === 'preallocated'
  return {
    alias: form.alias.trim(),
    description: form.description,
    capacity: diskSize(form.size).bytes,
    storageDomainId: form.storageDomainId,
    format: raw ? 'raw' : 'qcow2',
    sparse: !raw,
    shareable: raw && form.shareable,
    wipeAfterDelete: form.wipe,
  }
}
