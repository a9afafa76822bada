import { copyFile, mkdir, readdir, readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { internal } from '@rookery/model'
import { run } from './run.ts'

/** Drivers that the guest cannot do without: a kernel that lacks one is refused. */
const requiredDrivers = [
  'virtio_pci',
  'virtio_blk',
  'virtio_net',
  'virtio_scsi',
  'virtio_console',
  'sd_mod',
  'sr_mod',
  'ata_piix',
  'isofs',
  'evdev',
  'button',
] as const

/** Taken when this kernel has them; Debian's cloud kernel has no AHCI and no emulated network card. */
const optionalDrivers = [
  'ahci',
  'e1000',
  'e1000e',
  '8139cp',
  'virtio_balloon',
  'virtio_mem',
  'virtio-rng',
  'vfat',
  'nls_ascii',
  'nls_cp437',
  'nls_utf8',
  '8021q',
  'pvpanic-pci',
  'pvpanic-mmio',
] as const

/** Needed modules by file, in the order of `modules.dep`'s paths, and the names that the kernel has. */
export interface DriverChoice {
  files: string[]
  drivers: string[]
}

/** Module names write `-` and `_` for the same. */
const canonical = (name: string): string => name.replaceAll('-', '_')

/** The text of `modules.dep`: each module's file and the files it needs, all relative to the module folder. */
export function parseModulesDep(text: string): Map<string, string[]> {
  const needs = new Map<string, string[]>()
  for (const line of text.split('\n')) {
    const [file, rest] = line.split(':')
    if (file && rest !== undefined)
      needs.set(
        file,
        rest.split(' ').filter(need => need !== ''),
      )
  }
  return needs
}

/**
 * Which module files bring the drivers. `builtin` names those compiled into the kernel. Fails with
 * `lab.kernel.driver` when a required one is nowhere.
 */
export function chooseDrivers(
  needs: ReadonlyMap<string, string[]>,
  builtin: ReadonlySet<string>,
  required: readonly string[] = requiredDrivers,
  optional: readonly string[] = optionalDrivers,
): DriverChoice {
  const byName = new Map([...needs.keys()].map(file => [canonical(basename(file).replace(/\.ko.*$/, '')), file]))
  const files = new Set<string>()
  const drivers: string[] = []
  for (const name of [...required, ...optional]) {
    const file = byName.get(canonical(name))
    if (file !== undefined) for (const need of [file, ...(needs.get(file) ?? [])]) files.add(need)
    if (file !== undefined || builtin.has(canonical(name))) drivers.push(name)
    else if (required.includes(name))
      throw internal('lab.kernel.driver', `The kernel has no driver ${name}, which the guest needs`)
  }
  return { files: [...files].sort(), drivers }
}

/**
 * Copies the guest's drivers out of an unpacked kernel package into the guest's tree and writes the tables that modprobe
 * reads there. Gives the kernel's version and the drivers that it has.
 */
export async function installModules(
  kernelRoot: string,
  guestRoot: string,
  signal?: AbortSignal,
): Promise<{ version: string; drivers: string[] }> {
  const [version, ...others] = await readdir(join(kernelRoot, 'lib/modules'))
  if (version === undefined || others.length > 0)
    throw internal('lab.kernel.package', 'The kernel package does not hold exactly one kernel')
  const from = join(kernelRoot, 'lib/modules', version)
  const to = join(guestRoot, 'lib/modules', version)
  await run('depmod', ['-b', kernelRoot, version], { signal })
  const builtin = (await readFile(join(from, 'modules.builtin'), 'utf8')).split('\n')
  const choice = chooseDrivers(
    parseModulesDep(await readFile(join(from, 'modules.dep'), 'utf8')),
    new Set(builtin.map(file => canonical(basename(file).replace(/\.ko.*$/, '')))),
  )
  for (const file of choice.files) {
    await mkdir(dirname(join(to, file)), { recursive: true })
    await copyFile(join(from, file), join(to, file))
  }
  for (const table of ['modules.builtin', 'modules.order']) await copyFile(join(from, table), join(to, table))
  await run('depmod', ['-b', guestRoot, version], { signal })
  return { version, drivers: choice.drivers }
}
