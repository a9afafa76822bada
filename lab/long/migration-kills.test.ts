import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { paths } from '@rookery/cli/instance/paths'
import { connection } from '@rookery/postgres'
import { type Db, openDatabase } from '../../engine/src/db/index.ts'
import { type StepPoint, StepStop } from '../../faults/step-stop.ts'
import type { TcpStream } from '../src/guest/tcp-stream.ts'
import { until } from '../src/guest/until.ts'
import { type Host, type Lab, startLab } from '../src/site/lab.ts'
import { type LabGuest, LabGuests } from '../src/site/lab-guests.ts'
import { realGuests } from '../src/site/real-guests.ts'

const { skip, image } = await realGuests()
/** At every point everybody, or (quicker) at each point somebody else. */
const everybody = process.env.ROOKERY_MIGRATION_KILLS === 'all'

/** Who dies. Those with a host are killed on it, as the administrator of the host would. */
const victims = [
  'the engine',
  'the agent of the source',
  'the agent of the target',
  'libvirtd of the source',
  'libvirtd of the target',
  'QEMU of the target',
  'QEMU of the source',
] as const
type Victim = (typeof victims)[number]

describe('whoever is killed at a step of a migration by the engine, there is one guest', { skip }, () => {
  let lab: Lab
  let guests: LabGuests
  let guest: LabGuest
  let db: Db
  let stop: StepStop
  let made = 0

  before(async () => {
    lab = await startLab({ hosts: 2 })
    guests = await LabGuests.of(lab, image)
    guest = await (await guests.make('survivor')).start()
    // Slow enough to be met while it is under way.
    await guests.migrations({ bandwidth: 'custom', bandwidthMbps: 240 })
    const { host, port, user, database } = connection({ socket: paths(lab.instance.dataDir).postgresSocket })
    db = openDatabase({ host, port, user, database }, { connections: 2 })
    stop = await StepStop.install({ host, port, user, database })
  })
  after(async () => {
    await stop?.close()
    await db?.close()
    await guests?.[Symbol.asyncDispose]()
    assert.ok((await lab?.remove()) ?? true, 'something could not be taken away')
  })

  /** Kills at once; false when there is nobody of that kind now. */
  async function kill(victim: Victim, source: Host, target: Host): Promise<boolean> {
    const host = victim.endsWith('source') ? source : target
    if (victim === 'the engine') {
      process.kill(await lab.instance.pid('engine'), 'SIGKILL')
      return true
    }
    if (victim.startsWith('QEMU')) {
      const copy = (await guest.copies()).find(each => each.host === host)
      if (copy !== undefined) process.kill(copy.pid, 'SIGKILL')
      return copy !== undefined
    }
    const program = victim.startsWith('libvirtd') ? 'libvirtd' : 'agent'
    return (await host.tryExec('kill', '-KILL', String(await host.programPid(program)))).code === 0
  }

  /** Waits until no job is open, no guest is between two hosts, and both hosts are up. */
  async function quiet(): Promise<void> {
    await until(
      'all jobs to end and both hosts to be up',
      async () => {
        const jobs = await db.sql<{ kind: string; status: string }>`
          select kind, status from job where ended_at is null union all select 'incoming', status from vm_run where incoming`
        const hosts = await guests.engine.query<{ name: string; status: string }[]>('host.list')
        const late = hosts.filter(host => host.status !== 'up')
        if (jobs.length === 0 && late.length === 0) return true
        throw new Error(JSON.stringify([...jobs, ...late.map(({ name, status }) => ({ name, status }))]))
      },
      { everyMs: 250, deadlineMs: 300_000 },
    )
  }

  /** In the place of a guest that died with its QEMU comes another one: its commands run at the first boot only. */
  async function again(): Promise<void> {
    if ((await guest.now()).status !== 'down') return
    await guests.engine.op('vm.remove', { id: guest.id })
    guest = await (await guests.make(`survivor-${++made}`)).start()
  }

  test('at each step', async t => {
    await guest.migrate()
    await quiet()
    const steps = await db.sql<{ name: string; kind: string }>`
      select s.name, s.kind from job_step s join job j on j.id = s.job_id
       where j.kind = 'vm.migrate' and s.kind in ('host', 'tx') order by s.position`
    const points = steps.flatMap(({ name, kind }): StepPoint[] =>
      (kind === 'host' ? (['begin', 'under way', 'end'] as const) : (['end'] as const)).map(when => ({
        jobKind: 'vm.migrate',
        step: name,
        when,
      })),
    )
    t.diagnostic(`steps: ${steps.map(step => step.name).join(', ')}`)
    const kills = everybody
      ? points.flatMap(point => victims.map(victim => ({ point, victim })))
      : points.map((point, n) => ({ point, victim: victims[n % victims.length] as Victim }))
    const ends: Record<string, number> = {}
    for (const { point, victim } of kills)
      await t.test(`${victim} at the ${point.when} of "${point.step}"`, async t => {
        await again()
        const { host: source } = await guest.now()
        const target = lab.hosts.find(host => host !== source)
        assert.ok(source && target)
        const tcp = await guest.stream()
        try {
          let jobId = ''
          let killed = false
          const began = performance.now()
          const came = await stop.at(
            point,
            async () => (jobId = await guest.leave(target)),
            async () => void (killed = await kill(victim, source, target)),
          )
          assert.ok(came || point.when === 'under way', 'the migration did not come there')
          await quiet()
          const [job] = await db.sql<{ status: string; error: { code?: string } | null }>`
            select status, error from job where id = ${jobId}::uuid`
          const end = `${job?.status}${job?.error == null ? '' : ` (${job.error.code})`}`
          const where = await oneOrNone(victim, killed, tcp)
          const moved = where === undefined ? 'it died' : where === target ? 'it moved' : 'it stayed'
          ends[moved] = (ends[moved] ?? 0) + 1
          t.diagnostic(
            `${killed ? '' : 'nobody to kill; '}${end}, ${moved}, ${((performance.now() - began) / 1000).toFixed(1)} s`,
          )
          assert.notEqual(job?.status, 'stuck')
          // What a killed one did not acknowledge is swept up a while later.
          await until(
            'database and hosts to agree',
            async () => {
              const differences = await guests.differences()
              if (differences.length === 0) return true
              throw new Error(differences.join('\n'))
            },
            { everyMs: 1000 },
          )
        } finally {
          tcp.end()
        }
      })
    t.diagnostic(JSON.stringify(ends))
  })

  /** The one host that has it, where it goes on as the guest that it was; undefined when it died with its own QEMU. */
  async function oneOrNone(victim: Victim, killed: boolean, tcp: TcpStream): Promise<Host | undefined> {
    const end = await until('the guest to be up or down', async () => {
      const { status } = await guest.now()
      if (status === 'up' || status === 'down') return status
      throw new Error(`it is ${status}`)
    })
    if (end === 'up') {
      const host = await guest.isOne()
      assert.equal((await tcp.goesOn()).reset, null, 'the stream was reset')
      return host
    }
    assert.ok(killed && victim.startsWith('QEMU'), 'the guest is down')
    assert.deepEqual(await guest.copies(), [])
    return undefined
  }
})
