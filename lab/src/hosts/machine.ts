import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { askAt, report, type SupervisorReport } from '@rookery/cli/supervisor/control'
import { nodeEnv, nodeFlags } from '@rookery/cli/supervisor/children'
import { plainEnv } from '@rookery/cli/system/exec'
import { Watchdog } from './watchdog.ts'
import { watchdogFile } from './host-files.ts'
import { hostAddress, hostName, hostPaths, type LabPaths, type LabSettings } from './settings.ts'

/**
 * One host of a lab: a set of namespaces (network, mounts, host name, processes, shared memory) with a libvirt and an agent of its own in
 * it. Killing its first process is pulling the plug: the kernel ends everything in it at once, and nobody says goodbye.
 */
export class LabMachine {
  readonly number: number
  readonly name: string
  readonly address: string
  readonly #lab: LabPaths
  #outer: ChildProcess | undefined
  #pid: number | undefined
  #watchdog: Watchdog | undefined

  constructor(number: number, settings: LabSettings, lab: LabPaths) {
    this.number = number
    this.name = hostName(number)
    this.address = hostAddress(settings, number)
    this.#lab = lab
  }

  /** Its first process, as this machine counts them; undefined while it is off. */
  get pid(): number | undefined {
    return this.#pid
  }

  /** Switches it on; resolves when its namespaces are there. `plug` gives it its network before anything of it starts. */
  async start(plug: (pid: number) => Promise<void>): Promise<void> {
    if (this.#pid !== undefined) return
    const p = hostPaths(this.#lab, this.number)
    await mkdir(p.log, { recursive: true, mode: 0o700 })
    const log = openSync(p.logOf('supervisor'), 'a', 0o600)
    const node = [process.execPath, ...nodeFlags, join(import.meta.dirname, 'host-main.ts')]
    const unshare = ['--mount', '--uts', '--ipc', '--net', '--pid', '--fork', '--kill-child=KILL', '--mount-proc']
    const outer = spawn(
      '/usr/bin/setpriv',
      [
        '--pdeathsig=KILL',
        'unshare',
        ...unshare,
        '--propagation=private',
        '--',
        '/usr/bin/tini',
        '--',
        ...node,
        this.#lab.folder,
        String(this.number),
      ],
      {
        cwd: '/',
        env: { ...plainEnv, ...nodeEnv, NODE_COMPILE_CACHE: join(p.dataDir, 'cache') },
        stdio: ['ignore', log, log],
      },
    )
    closeSync(log)
    this.#outer = outer
    const ended = new Promise<void>(resolve => outer.once('exit', () => resolve()))
    ended.then(() => {
      if (this.#outer !== outer) return
      this.#watchdog?.stop()
      this.#outer = undefined
      this.#pid = undefined
    })
    try {
      const pid = await firstProcess(outer)
      this.#watchdog = await Watchdog.start(watchdogFile(p), () => void this.kill())
      await plug(pid)
      this.#pid = pid
    } catch (error) {
      outer.kill('SIGKILL')
      await ended
      throw error
    }
  }

  /** Pulls the plug; resolves when nothing of it runs any more. */
  async kill(): Promise<void> {
    const outer = this.#outer
    if (outer === undefined) return
    const ended = new Promise<void>(resolve => outer.once('exit', () => resolve()))
    try {
      process.kill(this.#pid ?? 0, 'SIGKILL')
    } catch {
      outer.kill('SIGKILL') // and with it, by its own wish, its child
    }
    await ended
    this.#watchdog?.stop()
    this.#outer = undefined
    this.#pid = undefined
  }

  /** Lets its programs end in good order, then switches it off. */
  async shutdown(): Promise<void> {
    const { socket } = hostPaths(this.#lab, this.number)
    if (this.#pid !== undefined) await askAt(socket, { do: 'stop' }, undefined, 60_000).catch(() => undefined) // then the plug
    await this.kill()
  }

  /** What its programs do; undefined while it is off or has not begun. */
  async programs(): Promise<SupervisorReport | undefined> {
    if (this.#pid === undefined) return undefined
    return report(hostPaths(this.#lab, this.number).socket).catch(() => undefined) // it has just ended
  }
}

/** The one child of `unshare`, process 1 of the new namespace. */
async function firstProcess(outer: ChildProcess): Promise<number> {
  const { pid } = outer
  if (pid === undefined) throw new Error('setpriv could not be started: the package util-linux is missing.')
  for (let tries = 0; tries < 1000; tries++) {
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')
    const first = Number(children.trim().split(' ')[0])
    if (first > 0) return first
    if ((outer.exitCode ?? outer.signalCode) !== null) break
    await new Promise(resolve => setTimeout(resolve, 5))
  }
  throw new Error('Its namespaces could not be made; the log of the host says why.')
}
