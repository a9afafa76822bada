import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Fault } from '@rookery/cli/fault'
import { nodeEnv, nodeFlags } from '@rookery/cli/supervisor/children'
import type { ChildReport } from '@rookery/cli/supervisor/child'
import { askAt } from '@rookery/cli/supervisor/control'
import { plainEnv } from '@rookery/cli/system/exec'
import { LOCK_TAKEN, underLock } from '@rookery/cli/system/lock'
import type { LabPaths } from './settings.ts'

/** One host as the lab's process knows it. */
export interface LabHostReport {
  readonly name: string
  readonly address: string
  readonly power: 'on' | 'off'
  /** Its first process, as this machine counts them. */
  readonly pid?: number
  /** From whom it is cut off: names of hosts, `engine`, or `*` for all. */
  readonly cutFrom: readonly string[]
  readonly programs: readonly ChildReport[]
}

/** What the lab's process says. */
export interface LabReport {
  readonly pid: number
  readonly hosts: readonly LabHostReport[]
}

/** One line to the lab's process. */
export type LabRequest =
  | { readonly do: 'status' }
  | { readonly do: 'start'; readonly host: string }
  | { readonly do: 'kill'; readonly host: string }
  | { readonly do: 'partition'; readonly host: string; readonly from: readonly string[] }
  | { readonly do: 'heal'; readonly host: string }
  | { readonly do: 'stop' }

export type LabReply = { readonly report: LabReport } | { readonly done: true } | { readonly failed: string }

/** The lab's report, or undefined when its process does not run. */
export async function labReport(lab: LabPaths): Promise<LabReport | undefined> {
  const reply = await askAt<LabRequest, LabReply>(lab.socket, { do: 'status' }, undefined, 20_000)
  return reply !== undefined && 'report' in reply ? reply.report : undefined
}

/** Asks the lab's process to do something; a fault with its own words when it could not, or when it does not run. */
export async function order(lab: LabPaths, request: Exclude<LabRequest, { do: 'status' }>): Promise<void> {
  const reply = await askAt<LabRequest, LabReply>(lab.socket, request, undefined, 120_000)
  if (reply === undefined)
    throw new Fault('notRunning', 'This lab does not run.', 'Start it with "rookery lab up --hosts 3".')
  if ('failed' in reply) throw new Fault('failed', reply.failed, `The log of the lab is ${lab.log}`)
}

/** Starts the lab's process in a session of its own, unless it runs; resolves when it answers. */
export async function startPower(lab: LabPaths, dataDir: string): Promise<void> {
  if (await labReport(lab)) return
  const log = openSync(lab.log, 'a', 0o600)
  const node = [process.execPath, ...nodeFlags, join(import.meta.dirname, 'main.ts'), '--data-dir', dataDir]
  const [file = '', ...args] = underLock(lab.lock, node)
  const child = spawn(file, args, {
    cwd: '/',
    detached: true,
    env: { ...plainEnv, ...nodeEnv, NODE_COMPILE_CACHE: join(lab.folder, 'cache') },
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  child.unref()
  let over: string | undefined
  child.on('exit', (code, signal) => (over = code === LOCK_TAKEN ? 'taken' : (signal ?? `code ${code}`)))
  for (const deadline = performance.now() + 60_000; performance.now() < deadline; ) {
    if (await labReport(lab)) return
    if (over !== undefined && over !== 'taken') break
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  const words = (await readFile(lab.log, 'utf8').catch(() => '')).trimEnd().split('\n').slice(-8).join('\n')
  throw new Fault(
    'failed',
    `The lab's process did not start (${over ?? 'it does not answer'}):\n${words}`,
    `Its log is ${lab.log}`,
  )
}
