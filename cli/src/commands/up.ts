import { bundleAgent } from '../console/agent-bundle.ts'
import { buildConsole } from '../console/build.ts'
import { Fault } from '../fault.ts'
import { dataDirOf, type Paths, paths } from '../instance/paths.ts'
import { readSettings, type Settings } from '../instance/settings.ts'
import { type Output, step } from '../output.ts'
import { installPackages, missingPackages } from '../packages/apt.ts'
import { hostPackages, type Need } from '../packages/list.ts'
import { ask, report } from '../supervisor/control.ts'
import { supervisorEnded } from '../supervisor/ended.ts'
import { isRoot, serviceAccount } from '../system/account.ts'
import { canAsk, confirm } from '../system/ask.ts'
import { takeLock } from '../system/lock.ts'
import { hasSystemd, startUnit } from '../system/systemd.ts'
import { saysYes } from '../system/yes.ts'
import { differing, type UpOptions, type Wishes, wishes } from '../up/options.ts'
import { checkDisk, checkMachine, checkMemory } from '../up/preflight.ts'
import { endLeftovers } from '../up/leftovers.ts'
import { folders } from '../up/prepare.ts'
import { type Setup, setup } from '../up/setup.ts'
import { PortTaken, type Started, startSupervisor, waitUntilReady } from '../up/start.ts'
import { summary, summaryText } from '../up/summary.ts'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** `rookery up`: from nothing, or from whatever is there, to an instance that answers. */
export async function upCommand(o: UpOptions, out: Output): Promise<void> {
  const password = process.env.ROOKERY_ADMIN_PASSWORD
  delete process.env.ROOKERY_ADMIN_PASSWORD // nothing we start shall find it
  const w = wishes(o)
  process.title = 'rookery up' // a database address in the arguments may hold a password
  checkMachine()
  const p = paths(dataDirOf(o.dataDir))
  if (await already(p, w, out)) return
  const root = isRoot()
  if (!root)
    out.info('Not root: this will be an engine with simulated hosts. A real host needs root: sudo ./rookery up')
  await checkDisk(p.dataDir, out)
  checkMemory(out)
  if (root) await packages(saysYes(o.yes), out)
  const account = root ? (await serviceAccount()).account : undefined
  await folders(p, account)
  const unlock = await takeLock(p.commandLock)
  if (!unlock)
    throw new Fault('busy', `Another "rookery up" or "down" works on ${p.dataDir} right now.`, 'Wait for it to end.')
  let started: Started
  let settings: Settings
  try {
    if (await already(p, w, out)) return // the other one was faster
    if (root) await leftovers(p, out)
    await buildConsole(out)
    await bundleAgent(out)
    ;({ settings, started } = await bringUp(p, w, { root, host: root, account, password }, o.detach ?? false, out))
  } finally {
    await unlock()
  }
  const last = await summary(p, settings, false)
  out.result(summaryText(last), last)
  if (!o.detach) await stay(p, started, out)
}

/** After a supervisor was killed its parts may be on their way out still. */
async function leftovers(p: Paths, out: Output): Promise<void> {
  const unlock = await takeLock(p.supervisorLock)
  if (!unlock) return // one that lives but does not answer yet: the start says so
  const ended = await endLeftovers(p).finally(unlock)
  if (ended > 0) out.warn(`${ended} processes of an earlier start had not ended by themselves and were ended.`)
}

/** Says so when the instance runs already. */
async function already(p: Paths, w: Wishes, out: Output): Promise<boolean> {
  if (!(await report(p.socket))) return false
  const s = await readSettings(p)
  if (!s) return false
  const other = differing(s, w)
  if (other.length)
    throw new Fault(
      'busy',
      `The instance in ${p.dataDir} runs with another ${other.join(', ')}.`,
      'Stop it first with "rookery down" (VMs go on running), then run this again.',
    )
  const found = await summary(p, s, true)
  out.result(summaryText(found), found)
  return true
}

async function packages(yes: boolean, out: Output): Promise<void> {
  const needs = hostPackages({ arch: process.arch, systemd: hasSystemd() })
  const missing = await missingPackages(needs)
  if (missing.length === 0) return void out.step('packages').done(`${needs.length} present`)
  out.info(`These Debian packages are missing and will be installed:\n${list(missing)}`)
  if (!yes) {
    const command = `apt-get install --no-install-recommends ${missing.map(n => n.name).join(' ')}`
    if (!canAsk())
      throw new Fault(
        'packages',
        'Packages are missing, and there is nobody to ask.',
        `Run this again with --yes, or install them yourself: ${command}`,
      )
    if (!(await confirm('Install them now?')))
      throw new Fault('packages', 'Nothing was installed.', `Install them yourself: ${command}`)
  }
  await step(
    out,
    'packages',
    s =>
      installPackages(
        missing.map(n => n.name),
        s,
      ),
    () => `${missing.length} installed`,
  )
}

const list = (needs: readonly Need[]): string => {
  const width = Math.max(...needs.map(n => n.name.length))
  return needs.map(n => `  ${n.name.padEnd(width)}  ${n.why}`).join('\n')
}

/** So often other ports are chosen when some other program is faster each time. */
const PORT_TRIES = 5

/** Sets up and starts. Ports of our own choice that somebody took just then are chosen anew: other instances may come up meanwhile. */
async function bringUp(
  p: Paths,
  w: Wishes,
  who: Setup,
  detach: boolean,
  out: Output,
): Promise<{ settings: Settings; started: Started }> {
  for (let tries = 1; ; tries++) {
    const settings = await setup(p, w, who, out)
    try {
      return { settings, started: await start(p, settings, detach, out) }
    } catch (error) {
      if (!(error instanceof PortTaken) || tries >= PORT_TRIES) throw error
      out.warn('Another program took a port just before we could: another one is chosen, and everything started anew.')
      await supervisorEnded(p)
    }
  }
}

async function start(p: Paths, s: Settings, detach: boolean, out: Output): Promise<Started> {
  const began = performance.now()
  // Interrupted while it comes up: what was started is stopped, and the wait sees that.
  const interrupted = () => void ask(p.socket, { do: 'stop' }).catch(() => undefined) // it has ended already
  for (const signal of signals) process.on(signal, interrupted)
  const unit = detach && s.mode === 'host' && hasSystemd()
  const started: Started = unit ? await startUnit(p, s) : startSupervisor(p, s, !detach)
  try {
    await waitUntilReady(p, s, started, out)
  } catch (error) {
    // What cannot start is not left half running; the logs stay.
    if (started.over() !== 'taken') await ask(p.socket, { do: 'stop' }).catch(() => undefined)
    throw error
  } finally {
    for (const signal of signals) process.off(signal, interrupted)
  }
  out.info(`✓ ready in ${((performance.now() - began) / 1_000).toFixed(1)} s`)
  return started
}

/** Stays in the foreground until the supervisor ends or somebody wants it to. */
async function stay(p: Paths, started: Started, out: Output): Promise<void> {
  out.info('\nRunning in the foreground; Ctrl-C stops engine, database and agent. VMs go on running.')
  let asked = false
  const stop = () => {
    if (asked) return
    asked = true
    out.info('\nStopping …')
    ask(p.socket, { do: 'stop' }, line => out.info(`✓ ${line}`)).catch((error: unknown) => out.warn(String(error)))
  }
  for (const signal of signals) process.on(signal, stop)
  const over = started.over() ?? (await ended(started))
  if (!asked && over !== 'code 0')
    throw new Fault('failed', `The supervisor ended (${over}).`, `Its log is ${p.logOf('supervisor')}`)
}

const ended = (started: Started) =>
  new Promise<string>(resolve => started.child?.on('exit', (code, signal) => resolve(signal ?? `code ${code}`)))
