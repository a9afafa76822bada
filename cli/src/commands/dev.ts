import { existsSync, watch } from 'node:fs'
import { join } from 'node:path'
import { buildConsole } from '../console/build.ts'
import { Fault } from '../fault.ts'
import { appRoot, paths } from '../instance/paths.ts'
import { readable } from '../log-line.ts'
import type { Output } from '../output.ts'
import { ask } from '../supervisor/control.ts'
import { isRoot, serviceAccount } from '../system/account.ts'
import { takeLock } from '../system/lock.ts'
import { wishes } from '../up/options.ts'
import { checkMachine } from '../up/preflight.ts'
import { folders } from '../up/prepare.ts'
import { setup } from '../up/setup.ts'
import { startSupervisor, waitUntilReady } from '../up/start.ts'
import { summary, summaryText } from '../up/summary.ts'
import { follow, type LogFileInfo } from './logs.ts'

/** How long after a change more of them are waited for: an editor writes several files, a checkout hundreds. Milliseconds. */
const SETTLED = 150

/** The packages that the parts are made of. */
const watched = ['engine', 'simulator', 'protocol', 'model', 'web'] as const

/** The part that is built, not started. */
const CONSOLE = 'web console'

/** Which parts use a source file, by the package it is in. */
export function partsOf(file: string): string[] {
  const [name, folder] = file.split('/')
  if (name === 'web') return /^web\/(src|public|index\.html)/.test(file) ? [CONSOLE] : []
  if (folder !== 'src' && folder !== 'migrations') return []
  if (!/\.(ts|sql|json)$/.test(file) || file.endsWith('.test.ts')) return []
  if (name === 'engine' || name === 'simulator') return [name]
  return name === 'model' || name === 'protocol' ? ['engine', 'simulator'] : []
}

/**
 * `rookery dev`: database, simulated hosts and engine in the foreground with their logs on the terminal; a part is started again
 * when one of its sources changes. The data is kept in the checkout's .cache/dev unless told otherwise.
 */
export async function devCommand(
  o: { dataDir?: string; port?: string; simulate?: string },
  out: Output,
): Promise<void> {
  checkMachine()
  const w = wishes({ simulate: '3', ...o }, {})
  const p = paths(o.dataDir ?? process.env.ROOKERY_DATA_DIR ?? join(appRoot, '.cache/dev'))
  const root = isRoot()
  const account = root ? (await serviceAccount()).account : undefined
  await folders(p, account)
  const unlock = await takeLock(p.commandLock)
  if (!unlock) throw new Fault('busy', `Another "rookery" works on ${p.dataDir} right now.`, 'Wait for it to end.')
  await buildConsole(out)
  const settings = await setup(p, w, { root, host: false, account, password: process.env.ROOKERY_ADMIN_PASSWORD }, out)
  const started = startSupervisor(p, settings, true)
  const over = () => started.over() !== undefined
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => void ask(p.socket, { do: 'stop' }).catch(() => undefined)) // it ended before we asked
  const logs = follow(
    logsIn(p.log),
    line => process.stdout.write(`${line.from.padEnd(10)} | ${readable(line.text)}\n`),
    over,
  )
  const stopWatching = watchSources(parts => {
    const names = parts.filter(part => part !== CONSOLE)
    if (names.length < parts.length) buildConsole(out).catch((error: unknown) => out.warn(String(error)))
    if (names.length === 0) return
    out.info(`… ${names.join(' and ')}: a source changed, starting again`)
    ask(p.socket, { do: 'restart', names }).catch((error: unknown) => out.warn(String(error)))
  })
  try {
    // A source that does not parse yet is no reason to give up: its next change is waited for.
    await waitUntilReady(p, settings, started, out).then(
      async () => out.info(`${summaryText(await summary(p, settings, false))}\n`),
      (error: unknown) => out.warn(error instanceof Error ? error.message : String(error)),
    )
    await logs
  } finally {
    stopWatching()
    await ask(p.socket, { do: 'stop' })
    unlock()
  }
}

/** The logs that will be written, also those that are not there yet. */
const logsIn = (folder: string): LogFileInfo[] =>
  ['postgres', 'simulator', 'engine'].map(name => ({ name, path: join(folder, `${name}.log`), current: true }))

/** Calls `changed` with the parts whose sources changed, once per burst of changes. */
function watchSources(changed: (parts: string[]) => void): () => void {
  const parts = new Set<string>()
  let timer: NodeJS.Timeout | undefined
  const watchers = watched
    .filter(name => existsSync(join(appRoot, name)))
    .map(name =>
      watch(join(appRoot, name), { recursive: true }, (_, file) => {
        for (const part of partsOf(`${name}/${file ?? ''}`)) parts.add(part)
        if (parts.size === 0) return
        clearTimeout(timer)
        timer = setTimeout(() => {
          changed([...parts].sort())
          parts.clear()
        }, SETTLED)
      }),
    )
  return () => {
    clearTimeout(timer)
    for (const w of watchers) w.close()
  }
}
