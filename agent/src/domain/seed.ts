import { chmodSync, chownSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { invalid } from '@rookery/model'
import type { SeedSpec } from '@rookery/protocol'
import { runProgram } from '../run-program.ts'
import type { Owner } from './places.ts'

/**
 * Makes the ISO of a seed. The files pass through a closed folder and never through an argument; the ISO is readable by QEMU's user
 * only and appears whole or not at all.
 */
export async function makeSeed(seed: SeedSpec, file: string, owner: Owner | null, signal?: AbortSignal): Promise<void> {
  const work = mkdtempSync(join(dirname(file), '.seed-'))
  try {
    const root = join(work, 'root')
    mkdirSync(root, { mode: 0o700 })
    for (const { path, content } of seed.files) {
      if (path.startsWith('/') || path.split('/').some(part => part === '..' || part === '.' || part === ''))
        throw invalid('vm.seed_path', `A seed file must have a plain relative path, not ${path}.`)
      mkdirSync(dirname(join(root, path)), { recursive: true, mode: 0o700 })
      writeFileSync(join(root, path), content, { mode: 0o600 })
    }
    const iso = join(work, 'seed.iso')
    await runProgram('xorriso', ['-as', 'mkisofs', '-quiet', '-J', '-r', '-V', seed.label, '-o', iso, root], {
      timeoutMs: 60_000,
      ...(signal === undefined ? {} : { signal }),
    })
    chmodSync(iso, 0o600)
    if (owner !== null && process.getuid?.() === 0) chownSync(iso, owner.uid, owner.gid)
    renameSync(iso, file)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}
