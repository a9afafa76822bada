import { spawn } from 'node:child_process'
import type { FileHandle } from 'node:fs/promises'

/**
 * Takes or gives back blocks of an open file through util-linux' `fallocate`, which Node itself lacks.
 * - `allocate`: blocks are taken, the file grows as needed.
 * - `zero`: the range reads as zeros and keeps blocks. - `punch`: it reads as zeros and its blocks are given back.
 * Resolves to false when the file system cannot do it, so that the caller writes zeros; rejects with ENOSPC when it is full.
 */
export function fallocate(
  file: FileHandle,
  how: 'allocate' | 'zero' | 'punch',
  offset: number,
  length: number,
  signal?: AbortSignal,
): Promise<boolean> {
  const mode = { allocate: [], zero: ['--zero-range'], punch: ['--punch-hole'] }[how]
  const args = [...mode, '--offset', String(offset), '--length', String(length), '/dev/fd/3']
  return new Promise((resolve, reject) => {
    const child = spawn('fallocate', args, {
      stdio: ['ignore', 'ignore', 'pipe', file.fd],
      env: { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C' },
      timeout: 600_000,
      killSignal: 'SIGKILL',
      ...(signal === undefined ? {} : { signal }),
    })
    let said = ''
    child.stderr?.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString('utf8')).slice(-1024)
    })
    child.once('error', reject)
    child.once('close', (code, killed) => {
      if (code === 0) resolve(true)
      else if (/No space left|quota/i.test(said)) reject(Object.assign(new Error(said.trim()), { code: 'ENOSPC' }))
      else if (killed !== null) reject(new Error(`fallocate was ended by ${killed}`))
      else if (/not supported|unsupported/i.test(said)) resolve(false)
      else reject(new Error(`fallocate: ${said.trim()}`))
    })
  })
}
