import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { appRoot } from '../instance/paths.ts'
import { newTally, type Tally } from './run-suite.ts'

/** The program that runs real clients; it ends with the line `N passed, N failed, N skipped`. */
const PROGRAM = 'conformance/run.ts'

/** Whether there is one in this checkout. */
export const hasConformance = (root: string = appRoot): boolean => existsSync(join(root, PROGRAM))

/** Its closing line, read. */
export function parseClosing(text: string): { passed: number; failed: number; skipped: number } | undefined {
  const found = [...text.matchAll(/^(\d+) passed, (\d+) failed, (\d+) skipped\s*$/gm)].at(-1)
  return found && { passed: Number(found[1]), failed: Number(found[2]), skipped: Number(found[3]) }
}

/** Runs it with its output shown as it comes, without the closing line: the runner prints one for all suites. */
export function runConformance(env: NodeJS.ProcessEnv, only: readonly string[]): Promise<Tally> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', PROGRAM, ...only], {
      cwd: appRoot,
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let text = ''
    let rest = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text = (text + chunk).slice(-100_000)
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) if (!parseClosing(line)) process.stdout.write(`${line}\n`)
    })
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => child.kill(signal))
    child.on('error', reject)
    child.on('close', code => {
      const closing = parseClosing(text) ?? { passed: 0, failed: 0, skipped: 0 }
      const failed = closing.failed + (code !== 0 && closing.failed === 0 ? 1 : 0)
      resolve({ ...newTally(), ...closing, failed })
    })
  })
}
