import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bootClock } from '../lease/session.ts'
import { findProcess, isStopped, isThere, type ProcessId, signal } from './process.ts'
import { KeeperConfig } from './requests.ts'
import { type KeeperState, peekState } from './state.ts'

/** How often keepers are looked at, milliseconds. */
const lookMs = 1000
/** Longest wait before a keeper that ends at once is started again. */
const longestWaitMs = 15_000
/** A keeper that has not fed its part of the watchdog for so long counts as standing still. */
const staleMs = 5000

/** Bytes of a keeper's log above which the next keeper begins another one. */
const mostLog = 1024 * 1024

interface Kept {
  config: KeeperConfig
  /** The process that this one started; also one that it found is followed by its state. */
  child: ProcessId | null
  failures: number
  nextAt: number
}

/**
 * Keeps a keeper running for each configuration in a folder, which the agent writes, and stops guests in its place where it cannot. Outlives the agent, and is outlived by the keepers:
 * one that is started anew finds those that run. Feeds the watchdog of the host as long as no keeper with things that time frees stands still.
 */
export class Keepers {
  private readonly folder: string
  private readonly words: (file: string) => readonly string[]
  private readonly watchdog: (() => void) | null
  private readonly log: (event: object) => void
  private readonly kept = new Map<string, Kept>()

  /** `words` run the keeper of a configuration file, this program's Node being the program. */
  constructor(o: {
    folder: string
    words: (file: string) => readonly string[]
    /** Feeds the host's watchdog; null: it has none. */
    watchdog: (() => void) | null
    log: (event: object) => void
  }) {
    this.folder = o.folder
    this.words = o.words
    this.watchdog = o.watchdog
    this.log = o.log
  }

  /** Runs until the process ends, or what it returns is called; the keepers themselves go on. */
  start(): () => void {
    mkdirSync(this.folder, { recursive: true, mode: 0o700 })
    writeManager(this.folder)
    this.look()
    const timer = setInterval(() => this.look(), lookMs)
    return () => clearInterval(timer)
  }

  private look(): void {
    const files = readdirSync(this.folder).filter(name => /^[0-9a-f-]{36}\.json$/.test(name))
    for (const name of this.kept.keys()) if (!files.includes(name)) this.kept.delete(name)
    for (const name of files) this.keep(name)
    if (this.watchdog !== null && [...this.kept.values()].every(({ config }) => isWell(config))) this.watchdog()
  }

  /**
   * Stops the guests of a keeper that is dead or stands still when their lease has expired. The keeper that goes on finds that out too, and
   * lets them go on when it has come back.
   */
  private guard(name: string, state: KeeperState): void {
    const running = Object.values(state.guests).filter(guest => isThere(guest) && !isStopped(guest))
    if (running.length === 0 || state.expired || bootClock() - state.issuedAt < state.stop + graceSeconds) return
    this.log({ event: 'guarded', name, guests: running.length })
    for (const guest of running) signal(guest, 'SIGSTOP')
  }

  private keep(name: string): void {
    const file = join(this.folder, name)
    let config: KeeperConfig
    try {
      config = KeeperConfig.parse(JSON.parse(readFileSync(file, 'utf8')))
    } catch (error) {
      // It was taken away meanwhile, or is of another release.
      return this.log({ event: 'configuration', name, detail: String(error) })
    }
    const kept = this.kept.get(name) ?? { config, child: null, failures: 0, nextAt: 0 }
    kept.config = config
    this.kept.set(name, kept)
    const other = peekState(config.state)
    if (other !== null) this.guard(name, other)
    if (other !== null && isThere(other.keeper)) return
    if (kept.child !== null && isThere(kept.child)) return
    if (kept.child !== null) {
      kept.child = null
      kept.nextAt = Date.now() + Math.min(longestWaitMs, 250 * 2 ** kept.failures++)
    }
    if (Date.now() < kept.nextAt) return
    // A file: it outlives this program, and must not write to a pipe that ends with it, nor hold one open.
    const log = openSync(logFile(file), 'a', 0o600)
    const child = spawn(process.execPath, this.words(file), { cwd: '/', detached: true, stdio: ['ignore', log, log] })
    closeSync(log)
    child.on('error', error => this.log({ event: 'unstarted', name, detail: String(error) }))
    child.on('exit', (code, signal) => this.log({ event: 'over', name, code, signal }))
    child.unref()
    kept.child = child.pid === undefined ? null : findProcess(child.pid)
    this.log({ event: 'started', name, pid: child.pid })
  }
}

/** Seconds beside a keeper's own deadline: it comes first where it lives. */
const graceSeconds = 1

/** The log of a keeper; begun anew when it is large. */
function logFile(config: string): string {
  const file = config.replace(/\.json$/, '.log')
  const { size } = statSync(file, { throwIfNoEntry: false }) ?? { size: 0 }
  if (size > mostLog) renameSync(file, `${file}.1`)
  return file
}

/** A keeper that holds nothing that time frees asks nothing of the watchdog. */
function isWell({ watchdog, state }: KeeperConfig): boolean {
  if (watchdog === null || peekState(state)?.timed !== true) return true
  try {
    return Date.now() - statSync(watchdog).mtimeMs < staleMs
  } catch {
    // It was never fed.
    return false
  }
}

const managerFile = (folder: string): string => join(folder, 'manager')

function writeManager(folder: string): void {
  writeFileSync(`${managerFile(folder)}.new`, JSON.stringify(findProcess(process.pid)), { mode: 0o600 })
  renameSync(`${managerFile(folder)}.new`, managerFile(folder))
}

/** Whether a process keeps the keepers of this folder running. */
export function isKept(folder: string): boolean {
  try {
    return isThere(JSON.parse(readFileSync(managerFile(folder), 'utf8')) as ProcessId)
  } catch {
    // None was ever started.
    return false
  }
}
