import { mkdir, mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { MiB } from '@rookery/model'
import { run } from '../images/run.ts'

/** What a guest is told at its first start. */
export interface SeedOptions {
  kind: 'nocloud' | 'config-drive'
  /** ISO 9660 without it; FAT is what a seed on a disk often has. */
  format?: 'iso' | 'fat'
  /** The guest runs its user data once for each. */
  instance: string
  host?: string
  /** A script that begins with `#!`, or a `#cloud-config`. */
  userData?: string
  /** Public keys as in authorized_keys. */
  keys?: readonly string[]
}

/**
 * Makes a seed medium: NoCloud (label `cidata`; meta-data, user-data) or config drive (label `config-2`;
 * openstack/latest/meta_data.json, user_data). Needs xorriso, or for FAT dosfstools and mtools.
 */
export async function makeSeed(file: string, o: SeedOptions): Promise<void> {
  const work = await mkdtemp(join(dirname(file), '.seed-'))
  try {
    const root = join(work, 'root')
    for (const [path, text] of Object.entries(o.kind === 'nocloud' ? noCloud(o) : configDrive(o))) {
      await mkdir(dirname(join(root, path)), { recursive: true })
      await writeFile(join(root, path), text)
    }
    const label = o.kind === 'nocloud' ? 'cidata' : 'config-2'
    if (o.format === 'fat') {
      await writeFile(file, '')
      await truncate(file, 4 * MiB)
      await run('mkfs.vfat', ['-n', label, file])
      await run('mcopy', ['-s', '-i', file, ...(await readdir(root)).map(name => join(root, name)), '::/'])
    } else {
      await run('xorriso', ['-as', 'mkisofs', '-quiet', '-V', label, '-J', '-R', '-o', file, root])
    }
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

function noCloud(o: SeedOptions): Record<string, string> {
  const lines = [`instance-id: ${o.instance}`]
  if (o.host !== undefined) lines.push(`local-hostname: ${o.host}`)
  if (o.keys !== undefined) lines.push('public-keys:', ...o.keys.map(key => `  - ${key}`))
  return { 'meta-data': `${lines.join('\n')}\n`, 'user-data': o.userData ?? '' }
}

function configDrive(o: SeedOptions): Record<string, string> {
  const metadata = {
    uuid: o.instance,
    ...(o.host === undefined ? {} : { hostname: o.host }),
    ...(o.keys === undefined
      ? {}
      : { public_keys: Object.fromEntries(o.keys.map((key, index) => [`key${index}`, key])) }),
  }
  return {
    'openstack/latest/meta_data.json': JSON.stringify(metadata),
    ...(o.userData === undefined ? {} : { 'openstack/latest/user_data': o.userData }),
  }
}
