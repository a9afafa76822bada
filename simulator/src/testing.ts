import { randomUUID } from 'node:crypto'
import type { DomainSpec, Task, TaskRequest } from '@rookery/protocol'
import { AgentClient } from '@rookery/protocol/client'
import { createTestPki, type TestPki } from '@rookery/protocol/contract/pki'
import { manualClock, type ManualClock } from './clock.ts'
import { createSimulator, type Simulator, type SimulatorOptions } from './simulator.ts'

/** A fleet on a clock of its own, and clients of its hosts; all closed at the end of the test. */
export interface Fixture {
  sim: Simulator
  clock: ManualClock
  pki: TestPki
  client(index?: number): AgentClient
  /** Asks for a task under a new id, turns the clock until it has ended, and gives its state. */
  done(task: Task, client?: AgentClient): Promise<unknown>
}

/** Starts a fleet whose time stands still. */
export async function fixture(
  t: { after(work: () => Promise<void>): void },
  options: Partial<SimulatorOptions> = {},
): Promise<Fixture> {
  const pki = await createTestPki()
  const clock = manualClock()
  const sim = await createSimulator({ tls: pki.host, hosts: 10, seed: 'tests', clock, ...options })
  const clients: AgentClient[] = []
  t.after(async () => {
    await Promise.all(clients.map(c => c.close()))
    await sim.close()
  })
  const client = (index = 0) => {
    const made = new AgentClient({ url: sim.hostUrl(index), tls: pki.engine })
    clients.push(made)
    return made
  }
  let first: AgentClient | undefined
  return {
    sim,
    clock,
    pki,
    client,
    async done(task, by = (first ??= client())) {
      const id = randomUUID()
      await by.putTask(id, request(task, clock))
      clock.advance(10_000)
      return by.task(id)
    },
  }
}

/** A request of a job of now. */
export const request = (task: Task, clock: ManualClock): TaskRequest => ({ jobCreatedAt: clock.now(), task })

/** A guest without disks, whose system never answers. */
export function bareSpec(change: Partial<DomainSpec> = {}): DomainSpec {
  return {
    runId: randomUUID(),
    vmId: randomUUID(),
    engineId: randomUUID(),
    name: 'bare',
    memory: 2 ** 30,
    maxMemory: 2 ** 30,
    guaranteedMemory: 2 ** 30,
    ballooning: false,
    cpu: { sockets: 1, cores: 1, threads: 1, model: null },
    machine: 'q35',
    firmware: 'bios',
    boot: ['hd'],
    bootMenu: false,
    disks: [],
    cdrom: { medium: null },
    seed: null,
    nics: [],
    graphics: ['vnc'],
    keyboardLayout: null,
    serialConsole: true,
    clockOffsetSeconds: null,
    startPaused: false,
    restoreFrom: null,
    guestAgentGraceSeconds: 60,
    ...change,
  }
}
