/**
 * A process that contends for resources of a lease area, told what to do on its standard input: one JSON a line, `Command`. What happens
 * is said on its standard output. Its "guest" writes lines to a truth file as long as it believes that it may.
 */
import { appendFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { DeathCause, Generation } from './entry.ts'
import { openSession, type SessionOptions } from './session.ts'

export type ContenderConfig = Pick<SessionOptions, 'path' | 'storageDomainId' | 'owner'> & { truth: string }

export type Command =
  | { do: 'claim'; resource: string; timed: boolean }
  | { do: 'stop'; resource: string }
  | { do: 'declare'; of: Generation; cause: DeathCause }
  | { do: 'looksDead'; of: Generation }
  /** Takes and lets go the resources in turn, so many times each. */
  | { do: 'contend'; resources: string[]; rounds: number }

const config = JSON.parse(process.argv[2] ?? '') as ContenderConfig
const { generation } = config.owner
const say = (event: object) => process.stdout.write(`${JSON.stringify(event)}\n`)
const truth = (resource: string, what: string, epoch = 0) =>
  appendFileSync(config.truth, `${JSON.stringify({ generation, resource, what, epoch })}\n`)
const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))

const { keeper } = await openSession({
  ...config,
  tick: () => {},
  report: (trouble, detail) => say({ event: 'trouble', trouble, detail: String(detail) }),
  charges: {
    pause: resource => say({ event: 'paused', resource }),
    resume: resource => say({ event: 'resumed', resource }),
    kill(resource) {
      say({ event: 'killed', resource })
      setImmediate(() => keeper.tell(resource, { kind: 'reaped' }))
    },
  },
}).catch((error: unknown) => {
  say({ event: 'refused', code: (error as { code?: string }).code })
  process.exit(3)
})
say({ event: 'joined' })

type Answer = { granted: true; epoch: number } | { granted: false; rivals: string[] }

function claim(resource: string, timed: boolean): Promise<Answer> {
  return new Promise(resolve => {
    const asked = keeper.claim(resource, timed, outcome =>
      resolve(
        outcome.kind === 'refused'
          ? { granted: false, rivals: outcome.rivals.map(r => r.owner) }
          : { granted: true, epoch: outcome.epoch },
      ),
    )
    if (!asked) resolve({ granted: false, rivals: [] })
  })
}

function start(resource: string, epoch: number): boolean {
  if (!keeper.tell(resource, { kind: 'start' })) {
    keeper.tell(resource, { kind: 'release' })
    return false
  }
  truth(resource, 'start', epoch)
  return true
}

function stop(resource: string): void {
  truth(resource, 'stop')
  keeper.tell(resource, { kind: 'reaped' })
}

/** The guest: it writes as long as nobody paused it. After a thaw it may be first; the keeper's clock says what it is worth. */
setInterval(() => {
  for (const resource of running) {
    if (keeper.enforce() && keeper.hold(resource).guest === 'running') truth(resource, 'write')
  }
}, 25)
const running = new Set<string>()

async function contend(resources: string[], rounds: number): Promise<void> {
  for (const resource of resources)
    for (let round = 0; round < rounds; ) {
      const answer = await claim(resource, false)
      if (answer.granted && start(resource, answer.epoch)) {
        round++
        await pause(Math.random() * 20)
        stop(resource)
      } else if (!answer.granted && answer.rivals.length > 0) say({ event: 'rival', resource, rivals: answer.rivals })
      await pause(Math.random() * 100)
    }
  say({ event: 'contended' })
}

async function obey(command: Command): Promise<void> {
  switch (command.do) {
    case 'contend':
      return contend(command.resources, command.rounds)
    case 'claim': {
      const answer = await claim(command.resource, command.timed)
      if (answer.granted && start(command.resource, answer.epoch)) running.add(command.resource)
      return void say({ event: 'answer', ...answer })
    }
    case 'stop':
      running.delete(command.resource)
      stop(command.resource)
      return void say({ event: 'stopped' })
    case 'looksDead':
      return void say({ event: 'looks', dead: keeper.looksDead(command.of) })
    case 'declare':
      if (!keeper.declare(command.of, command.cause, dead => say({ event: 'declared', dead })))
        say({ event: 'declared', dead: null })
  }
}

for await (const line of createInterface({ input: process.stdin })) void obey(JSON.parse(line) as Command)
process.exit(0)
