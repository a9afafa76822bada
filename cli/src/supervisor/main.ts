import { mkdir } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { paths } from '../instance/paths.ts'
import { readSettings } from '../instance/settings.ts'
import { account, SERVICE_USER } from '../system/account.ts'
import { version } from '../version.ts'
import { children } from './children.ts'
import { listen, type SupervisorReport } from './control.ts'
import { confinement, confinementNotes } from './libvirt.ts'
import { buildNamespace } from './namespace.ts'
import { Supervisor } from './supervisor.ts'

/**
 * The supervisor: a small process that `up` starts, under a lock on the data directory and, with root, as the first in
 * a mount namespace of its own. It keeps database, engine, libvirt and agent running and answers `status` and `down` on a
 * socket. It knows nothing of what these programs do, so that it has no reason to end.
 */
const { values } = parseArgs({ options: { 'data-dir': { type: 'string' }, attached: { type: 'boolean' } } })
const dataDir = values['data-dir']
if (!dataDir) throw new TypeError('supervisor: --data-dir is missing')
process.title = `rookery-supervisor ${dataDir}`

const p = paths(dataDir)
const settings = await readSettings(p)
if (!settings) throw new Error(`${p.settings} is not there: "rookery up" makes it`)
const startedAt = new Date().toISOString()
const host = settings.mode === 'host'
try {
  if (settings.root) await buildNamespace(p, host)
} catch (error) {
  // Only sentences: `up` shows the end of this log.
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}
await mkdir(p.log, { recursive: true, mode: 0o755 })
const confined = host ? await confinement() : undefined

const supervisor = new Supervisor(
  children({
    paths: p,
    settings,
    account: settings.root ? await account(SERVICE_USER) : undefined,
    confinement: confined ?? { security: 'none', deviceNamespaces: false, cgroups: false },
  }),
  p.log,
)

const report = (): SupervisorReport => ({
  pid: process.pid,
  version,
  startedAt,
  children: supervisor.reports(),
  notes: confined ? confinementNotes(confined) : [],
})

async function end(said?: (line: string) => void): Promise<void> {
  await supervisor.stop(said)
  // The answer of `stop` is on its way; adopted processes would keep us alive.
  setTimeout(() => process.exit(0), 100)
}

await listen(p.socket, async (request, said) => {
  if (request.do === 'status') return { report: report() }
  if (request.do === 'restart') supervisor.restart(request.names)
  else await end(said)
  return { done: true }
})
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void end())
// In the foreground our standard input is a pipe from `up`: when that ends, however, so do we.
if (values.attached)
  process.stdin
    .on('end', () => void end())
    .on('error', () => void end())
    .resume()
supervisor.start()
