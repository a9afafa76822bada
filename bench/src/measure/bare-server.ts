import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { BenchContext } from '../bench.ts'
import { makeCertificate } from './certificate.ts'

/**
 * Starts a Node HTTPS server of a dozen lines as a process of its own: what one gets from the platform alone. GET answers so many
 * bytes; PUT writes the body into `file` and answers when it is on disk. Ends with the bench.
 */
export async function bareServer(
  ctx: Pick<BenchContext, 'folder' | 'onEnd'>,
  answerBytes: number,
  file = '',
): Promise<{ origin: string; ca: string; caFile: string }> {
  const { key, cert } = await makeCertificate(ctx.folder)
  const program = fileURLToPath(new URL('bare-server-main.ts', import.meta.url))
  const child = spawn(process.execPath, [program, key, cert, String(answerBytes), file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  ctx.onEnd(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const over = once(child, 'exit')
    child.kill()
    await over
  })
  const port = await new Promise<string>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', code => reject(new Error(`The bare server ended with ${code}.`)))
    createInterface(child.stdout).once('line', resolve)
  })
  return { origin: `https://127.0.0.1:${port}`, ca: await readFile(cert, 'utf8'), caFile: cert }
}
