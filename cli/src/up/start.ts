import { type ChildProcess, spawn } from 'node:child_process'
import { openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { EngineApi, siteIsReady } from '../engine-api.ts'
import { Fault } from '../fault.ts'
import { appRoot, type Paths } from '../instance/paths.ts'
import type { Settings } from '../instance/settings.ts'
import type { Output, Step } from '../output.ts'
import type { ChildReport } from '../supervisor/child.ts'
import { report, type SupervisorReport } from '../supervisor/control.ts'
import { nodeEnv, nodeFlags } from '../supervisor/children.ts'
import { inNamespace } from '../supervisor/namespace.ts'
import { plainEnv } from '../system/exec.ts'
import { LOCK_TAKEN, underLock } from '../system/lock.ts'

/** The words that run the supervisor of an instance. */
export function supervisorArgv(p: Paths, s: Pick<Settings, 'mode' | 'root'>, attached: boolean): string[] {
  const node = [process.execPath, ...nodeFlags, join(appRoot, 'cli/src/supervisor/main.ts')]
  const words = underLock(p.supervisorLock, [...node, '--data-dir', p.dataDir, ...(attached ? ['--attached'] : [])])
  // tini takes in what loses its parent (QEMU above all) and collects it at once; process 1 of a container may take seconds.
  const reaped = s.mode === 'host' ? ['/usr/bin/tini', '-s', '--', ...words] : words
  return s.root ? inNamespace(reaped) : reaped
}

/** A supervisor that was started. */
export interface Started {
  /** The process, when it is our child and not a unit's. */
  readonly child?: ChildProcess
  /** Why it ended, once it has. */
  over(): string | undefined
}

/** Starts the supervisor in a session of its own. Attached, it ends with our end of its standard input. */
export function startSupervisor(p: Paths, s: Settings, attached: boolean): Started {
  const [file, ...args] = supervisorArgv(p, s, attached)
  const log = openSync(p.logOf('supervisor'), 'a', 0o600)
  const child = spawn(file as string, args, {
    cwd: '/',
    detached: true,
    env: { ...plainEnv, ...nodeEnv, NODE_COMPILE_CACHE: join(p.run, 'cache') },
    stdio: [attached ? 'pipe' : 'ignore', log, log],
  })
  let over: string | undefined
  child.on('error', error => (over = error.message))
  child.on('exit', (code, signal) => (over = code === LOCK_TAKEN ? 'taken' : (signal ?? `code ${code}`)))
  if (!attached) child.unref()
  return { child, over: () => over }
}

/** How each part is called in the list of steps. */
const titles: Record<string, string> = {
  postgres: 'database',
  virtlogd: 'console log',
  libvirtd: 'libvirt',
  agent: 'host agent',
  simulator: 'simulated hosts',
  engine: 'engine',
}

/** A part of ours found its port in use: another program took it between our choice and the part's start. */
export class PortTaken extends Fault {}

/** So many ends in a row before anything was ready mean that waiting longer will not help. */
const HOPELESS = 4

/** Waits until every part answers and the site can run a VM, a step for each; throws with the last words of what keeps ending. */
export async function waitUntilReady(
  p: Paths,
  s: Settings,
  started: Started,
  out: Output,
  seconds = 180,
): Promise<void> {
  const deadline = performance.now() + seconds * 1_000
  const steps = new Map<string, Step>()
  const done = new Set<string>()
  try {
    for (;;) {
      const now = await look(p, started)
      for (const child of now?.children ?? []) {
        if (done.has(child.name)) continue
        const title = titles[child.name] ?? child.name
        if (child.state === 'ready') {
          ;(steps.get(child.name) ?? out.step(title)).done(`process ${child.pid}`)
          done.add(child.name)
        } else if (child.state !== 'waiting' && !steps.has(child.name) && !out.tty)
          steps.set(child.name, out.step(title))
        if (lostPort(child)) throw new PortTaken('busy', ...keepsEnding(p, child))
        if (child.state === 'failing' && child.restarts >= HOPELESS) throw new Fault('failed', ...keepsEnding(p, child))
      }
      if (now && now.children.every(c => done.has(c.name))) break
      if (performance.now() > deadline) throw tooSlow(p, now)
      await pause(100)
    }
  } catch (error) {
    for (const [name, step] of steps) if (!done.has(name)) step.failed()
    throw error
  }
  await siteReady(p, s, started, out, deadline)
}

async function look(p: Paths, started: Started): Promise<SupervisorReport | undefined> {
  const over = started.over()
  if (over === 'taken')
    throw new Fault(
      'busy',
      `Another instance already works on ${p.dataDir}.`,
      'See it with "rookery status", or choose another --data-dir.',
    )
  if (over !== undefined) {
    const words = (await readFile(p.logOf('supervisor'), 'utf8').catch(() => ''))
      .trimEnd()
      .split('\n')
      .slice(-8)
      .join('\n')
    throw new Fault('failed', `The supervisor ended (${over}):\n${words}`, `Its log is ${p.logOf('supervisor')}`)
  }
  return report(p.socket)
}

/** How long a start that is not the first waits for hosts and storage, seconds. */
const LATER_SECONDS = 60

async function siteReady(p: Paths, s: Settings, started: Started, out: Output, deadline: number): Promise<void> {
  const hosts = (s.mode === 'host' ? 1 : 0) + s.simulate
  if (hosts === 0) return
  const step = out.step(s.mode === 'host' ? 'host and storage' : 'simulated hosts and storage')
  const api = await EngineApi.of(p, s)
  const first = Date.parse(s.createdAt) >= performance.timeOrigin
  // Later a host or a storage server that is away must not keep everything else down.
  const until = first ? deadline : Math.min(deadline, performance.now() + LATER_SECONDS * 1_000)
  let last = 'the engine has not answered yet'
  while (performance.now() < until) {
    const over = started.over()
    if (over !== undefined) {
      step.failed(`the supervisor ended (${over})`)
      throw new Fault('failed', 'It was stopped before it was ready.', `The logs are in ${p.log}`)
    }
    try {
      const site = await api.site()
      if (siteIsReady(site, hosts, first)) {
        step.done(`${site.hosts.length} up, ${site.storageDomains.length} active`)
        return
      }
      last =
        [...site.hosts, ...site.storageDomains].map(x => `${x.name} is ${x.status}`).join(', ') ||
        'no host is known yet'
    } catch (error) {
      last = error instanceof Error ? error.message : String(error)
    }
    step.note(last)
    await pause(200)
  }
  step.failed(last)
  if (!first) return out.warn('Everything runs, but not all of the site is well: see "rookery status".')
  throw new Fault(
    'failed',
    `The parts run, but the site is not ready: ${last}.`,
    `See why with: rookery logs engine agent --data-dir ${p.dataDir}`,
  )
}

/** Parts whose ports are ours to choose; the engine's was asked for by a person. */
const lostPort = ({ name, lastError }: ChildReport): boolean =>
  (name === 'agent' || name === 'simulator') && lastError?.includes('EADDRINUSE') === true

const keepsEnding = (p: Paths, child: ChildReport): [message: string, next: string] => [
  `${child.name} keeps ending: ${child.lastError ?? 'without a word'}`,
  `Its log is ${p.logOf(child.name)}`,
]

function tooSlow(p: Paths, now: SupervisorReport | undefined): Fault {
  const late = now?.children
    .filter(c => c.state !== 'ready')
    .map(c => `${c.name} is ${c.state}${c.lastError ? ` (${c.lastError})` : ''}`)
  return new Fault(
    'failed',
    `Not everything came up in time: ${late?.join(', ') ?? 'the supervisor does not answer'}.`,
    `The logs are in ${p.log}`,
  )
}

const pause = (ms: number) => new Promise<void>(resolve => setTimeout(resolve, ms))
