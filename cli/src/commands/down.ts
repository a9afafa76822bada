import { EngineApi } from '../engine-api.ts'
import { Fault } from '../fault.ts'
import { dataDirOf, type Paths, paths } from '../instance/paths.ts'
import { readSettings, type Settings } from '../instance/settings.ts'
import { type Output, step } from '../output.ts'
import { ask, report } from '../supervisor/control.ts'
import { supervisorEnded } from '../supervisor/ended.ts'
import { runningVms } from '../supervisor/namespace.ts'
import { exec } from '../system/exec.ts'
import { takeLock } from '../system/lock.ts'
import { stopUnit } from '../system/systemd.ts'

/** How long guests get to shut down before they are switched off, seconds. */
const GUEST_SECONDS = 90

/** `rookery down`: stops the parts. VMs go on running unless `vms` is asked for. */
export async function downCommand(
  o: { dataDir?: string; vms?: boolean; timeout?: string },
  out: Output,
): Promise<void> {
  const seconds = Number(o.timeout ?? GUEST_SECONDS)
  if (!Number.isInteger(seconds) || seconds < 0)
    throw new Fault(
      'usage',
      `--timeout ${o.timeout}: this must be a whole number of seconds.`,
      'For example: --timeout 90',
    )
  const p = paths(dataDirOf(o.dataDir))
  const s = await readSettings(p)
  if (!s || !(await report(p.socket))) return notRunning(p, o.vms ?? false, out)
  const unlock = await takeLock(p.commandLock)
  if (!unlock)
    throw new Fault('busy', `Another "rookery up" or "down" works on ${p.dataDir} right now.`, 'Wait for it to end.')
  try {
    if (o.vms && s.mode === 'host') await stopVms(p, s, seconds, out)
    await stopAll(p, s, out)
  } finally {
    await unlock()
  }
  const left = (await runningVms(p)).length
  const text = left ? `Stopped. ${vmCount(left)} still running; the next "rookery up" finds what runs.` : 'Stopped.'
  out.result(text, { stopped: true, vmsLeftRunning: left })
}

async function notRunning(p: Paths, vms: boolean, out: Output): Promise<void> {
  const left = (await runningVms(p)).length
  if (left && vms)
    throw new Fault(
      'notRunning',
      `Nothing runs in ${p.dataDir} but ${vmCount(left)}.`,
      'Start it with "rookery up --detach", then run this again.',
    )
  const text = `Not running (${p.dataDir}).${left ? ` ${vmCount(left)} still running.` : ''}`
  out.result(text, { stopped: false, vmsLeftRunning: left })
}

async function stopAll(p: Paths, s: Settings, out: Output): Promise<void> {
  if (await stopUnit(s)) return
  const reply = await ask(p.socket, { do: 'stop' }, line => out.info(`✓ ${line}`), 120_000)
  if (reply && 'done' in reply) return supervisorEnded(p)
  if (await report(p.socket).catch(() => undefined))
    throw new Fault('failed', 'The supervisor did not stop.', `Its log is ${p.logOf('supervisor')}`)
}

/** Asks the guests to shut down, and switches off those that have not after `seconds`. */
async function stopVms(p: Paths, s: Settings, seconds: number, out: Output): Promise<void> {
  await step(
    out,
    'VMs',
    async st => {
      const libvirt = askLibvirt(p)
      const ways = await askEngine(p, s).catch(() => libvirt) // no engine: libvirt knows them too
      const total = await ways.left()
      await ways.all('shutdown')
      const forced = await drained(ways, seconds, n => st.note(`${n} still run`))
      if (forced > 0) await ways.all('off')
      // An engine whose host is lost to it cannot: then what runs the VMs is told directly.
      if (forced > 0 && (await drained(ways, 15, n => st.note(`switching off ${n}`))) > 0) await libvirt.all('off')
      const left = forced > 0 ? await drained(libvirt, 15, n => st.note(`switching off ${n}`)) : 0
      if (left > 0) throw new Fault('failed', `${vmCount(left)} cannot be stopped.`, `See ${p.logOf('libvirtd')}`)
      return { total, forced }
    },
    n =>
      n.total === 0 ? 'none ran' : `${vmCount(n.total)} stopped${n.forced ? `, ${n.forced} of them switched off` : ''}`,
  )
}

/** Waits until no VM is left, at most so many seconds; answers how many still are. */
async function drained(ways: Ways, seconds: number, said: (left: number) => void): Promise<number> {
  const deadline = performance.now() + seconds * 1_000
  for (;;) {
    const left = await ways.left()
    if (left === 0 || performance.now() > deadline) return left
    said(left)
    await new Promise(resolve => setTimeout(resolve, 250))
  }
}

/** `1 VM`, `2 VMs`. */
export const vmCount = (n: number): string => `${n} VM${n === 1 ? '' : 's'}`

interface Ways {
  all(how: 'shutdown' | 'off'): Promise<void>
  left(): Promise<number>
}

/** Through the engine, which then knows that it was wanted. */
async function askEngine(p: Paths, s: Settings): Promise<Ways> {
  const api = await EngineApi.of(p, s)
  await api.runningVms()
  return {
    async all(how) {
      for (const vm of await api.runningVms())
        await api.act(`/vms/${vm.id}/${how === 'off' ? 'stop' : 'shutdown'}`).catch(() => undefined) // it may have ended just now, or be in no state for it: the count tells
    },
    left: async () => Math.max((await api.runningVms()).length, (await runningVms(p)).length),
  }
}

/** Through the instance's own libvirt, which knows no domain of anybody else. */
function askLibvirt(p: Paths): Ways {
  const uri = `qemu+unix:///system?socket=${p.host}/run/libvirt/libvirt-sock`
  const virsh = (...words: string[]) => exec(['virsh', '--quiet', '--connect', uri, ...words])
  const names = async () => (await virsh('list', '--uuid')).stdout.split('\n').filter(Boolean)
  return {
    async all(how) {
      for (const uuid of await names()) await virsh(how === 'off' ? 'destroy' : 'shutdown', uuid)
    },
    left: async () => (await runningVms(p)).length,
  }
}
