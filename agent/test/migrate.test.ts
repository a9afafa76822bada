import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, test } from 'node:test'
import type { DomainSpec, MigrationPlan } from '@rookery/protocol'
import { FinishResult, MigrateResult, MigrationTarget } from '@rookery/protocol'
import { missingForDaemons } from '../../libvirt/test/daemon.ts'
import { tinyForTests } from '../../lab/src/images/for-tests.ts'
import { Heard, MiB } from './engine.ts'
import { until } from './fixture.ts'
import { Pair } from './pair.ts'

const missing = await missingForDaemons()
const tiny = missing === null ? await tinyForTests() : { skip: missing }
const skip = 'skip' in tiny ? tiny.skip : false
const mac = '56:6f:00:00:00:1a'
const guestAddress = '10.215.0.50'
const echoPort = 7

const plan: MigrationPlan = {
  bandwidth: null,
  connections: null,
  autoConverge: true,
  compressed: false,
  encrypted: true,
  downtime: 100,
  convergence: [1, 2, 3, 4, 6].map((stalls, n) => ({
    stalls,
    action: { kind: 'downtime' as const, ms: [150, 200, 300, 400, 500][n] ?? 500 },
  })),
}

interface Seen {
  sent: number
  echoed: number
  longestGapMs: number
  reset: string | null
}

/** A TCP stream from outside of the hosts to the guest. */
async function stream(pair: Pair) {
  const script = join(import.meta.dirname, 'tcp-probe.ts')
  const probe = pair.outsideProcess(process.execPath, script, guestAddress, String(echoPort))
  if (probe.stdout === null || probe.stdin === null) throw new Error('the probe has no pipes')
  const lines = createInterface({ input: probe.stdout })
  await once(lines, 'line', { signal: AbortSignal.timeout(120_000) })
  return {
    async seen(): Promise<Seen> {
      const answer = once(lines, 'line', { signal: AbortSignal.timeout(60_000) })
      probe.stdin?.write('?\n')
      return JSON.parse(String((await answer)[0])) as Seen
    },
    end: () => probe.stdin?.end(),
  }
}

describe('a guest that moves between two real hosts', { skip }, () => {
  let pair: Pair
  let spec: DomainSpec
  /** The host that has it, and the run that it is there. */
  let at: 0 | 1 = 0
  let runId = ''

  before(async () => {
    if ('skip' in tiny) return
    pair = await Pair.start()
    const [engine] = pair.engines
    const volume = await engine.volume('qcow2', 64 * MiB, tiny.paths.disk)
    const iso = await engine.volume('raw', 32 * MiB, tiny.paths.iso)
    const seed = {
      label: 'cidata' as const,
      files: [
        { path: 'meta-data', content: 'instance-id: i-1\nlocal-hostname: mover\n' },
        { path: 'user-data', content: '#cloud-config\nhostname: mover\n' },
      ],
    }
    spec = engine.spec({
      disks: [engine.disk(volume, 'qcow2')],
      nics: [engine.nic(pair.networkId, mac)],
      cdrom: { medium: iso },
      seed,
    })
    await engine.run({ kind: 'vm.create', spec })
    runId = spec.runId
    const line = new Heard(await engine.console(spec, 'serial'))
    await line.line(/ROOKERY-GUEST ready [^\r\n]*/)
    const card = `ip address add ${guestAddress}/24 dev eth0; ip link set eth0 up`
    line.stream.write(`\r${card}; nc -ll -p ${echoPort} -e cat & echo listens-$((40+2))\r`)
    await line.line(/listens-42/)
    line.stream.destroy()
    await engine.reported('up', runId, r => r.guestAgent)
  })
  after(async () => {
    await pair?.[Symbol.asyncDispose]()
  })

  const prepare = (next: string) => ({
    kind: 'vm.migrate.prepare' as const,
    vmId: spec.vmId,
    runId: next,
    disks: spec.disks.map(({ diskId, volume }) => ({ diskId, volume })),
    nics: spec.nics,
    medium: spec.cdrom.medium,
    seed: spec.seed,
  })
  const finish = (next: string) => ({
    kind: 'vm.migrate.finish' as const,
    vmId: spec.vmId,
    runId: next,
    nicIds: spec.nics.map(nic => nic.nicId),
  })

  /** Moves the guest to the other host, as an engine does, and gives what the source measured. */
  async function move(how: MigrationPlan = plan): Promise<MigrateResult> {
    const to = at === 0 ? 1 : 0
    const [from, there] = [pair.engines[at], pair.engines[to]]
    const next = randomUUID()
    const target = MigrationTarget.parse(await there.run(prepare(next)))
    const result = MigrateResult.parse(
      await from.run({ kind: 'vm.migrate', vmId: spec.vmId, runId, target, plan: how }),
    )
    assert.equal(result.left, true)
    assert.deepEqual(FinishResult.parse(await there.run(finish(next))), { runId: next, arrived: true })
    assert.equal(await from.ended(runId), 'migrated')
    at = to
    runId = next
    return result
  }

  test('it moves and a TCP stream from outside goes on; encrypted, with its seed, medium and guards', async t => {
    const tcp = await stream(pair)
    try {
      const { downtimeMs, durationMs, transferred } = await move()
      const [left, here] = [pair.hosts[at === 0 ? 1 : 0], pair.hosts[at]]
      await pair.engines[at].reported('up there', runId, r => r.status === 'up' && r.guestAgent)
      const before = await tcp.seen()
      await until('the stream to go on', async () => (await tcp.seen()).echoed > before.echoed + 50)
      const seen = await tcp.seen()
      t.diagnostic(
        `longest gap ${Math.max(before.longestGapMs, seen.longestGapMs)} ms, downtime ${downtimeMs} ms, ${durationMs} ms in all, ${Math.round((transferred ?? 0) / MiB)} MiB`,
      )
      assert.equal(seen.reset, null)
      assert.ok((downtimeMs ?? 0) > 0)
      // What belongs to the card has moved with it, and nothing of it is left.
      const rules = (host: typeof here) => host.inNetwork('nft', 'list', 'table', 'bridge', 'rookery_rkt')
      assert.match(rules(here), new RegExp(`ether saddr != ${mac} drop`))
      await until('the guard of the old host to be gone', () => !rules(left).includes(mac))
      assert.doesNotMatch(left.inNetwork('ip', '-br', 'link'), /^t[0-9a-f]{12}/m)
      // Its serial console is here, with the same shell.
      const line = new Heard(await pair.engines[at].console({ vmId: spec.vmId, runId }, 'serial'))
      const look = 'mkdir -p /s; for d in /dev/sr0 /dev/sr1; do mount -t iso9660 -o ro $d /s && ls /s; umount /s; done'
      line.stream.write(`\r${look}; echo name-$(hostname)\r`)
      await line.line(/name-mover/)
      assert.match(line.text, /meta-data/)
      line.stream.destroy()
    } finally {
      tcp.end()
    }
  })

  test('a migration that is cancelled leaves it where it is, and nothing on the other host', async () => {
    const to = at === 0 ? 1 : 0
    const [from, there] = [pair.engines[at], pair.engines[to]]
    const next = randomUUID()
    const target = MigrationTarget.parse(await there.run(prepare(next)))
    const id = randomUUID()
    // Slow enough to be caught in the middle.
    const slow = { ...plan, bandwidth: MiB, downtime: 1, convergence: [] }
    const task = { kind: 'vm.migrate' as const, vmId: spec.vmId, runId, target, plan: slow }
    await from.host.client.putTask(id, { jobCreatedAt: Date.now(), task })
    const moving = await from.reported('migrating', runId, r => r.status === 'migrating' && r.migration !== null)
    assert.ok((moving.migration?.total ?? 0) > 0)
    assert.equal((await from.host.client.cancelTask(id)).state, 'cancelled')
    assert.deepEqual(FinishResult.parse(await there.run(finish(next))), { runId: next, arrived: false })
    const back = await from.reported('up', runId, r => r.status === 'up')
    assert.equal(back.migration, null)
    assert.doesNotMatch(there.host.inNetwork('ip', '-br', 'link'), /^t[0-9a-f]{12}/m)
  })

  test('the agents and the source of a migration are killed: it goes on, and is found again', async () => {
    const to = at === 0 ? 1 : 0
    const [from, there] = [pair.engines[at], pair.engines[to]]
    const next = randomUUID()
    const target = MigrationTarget.parse(await there.run(prepare(next)))
    const id = randomUUID()
    const slow = { ...plan, bandwidth: 20 * MiB, downtime: 300 }
    const task = { kind: 'vm.migrate' as const, vmId: spec.vmId, runId, target, plan: slow }
    await from.host.client.putTask(id, { jobCreatedAt: Date.now(), task })
    await from.reported('migrating', runId, r => r.migration !== null)
    await Promise.all(pair.hosts.map(host => host.stopAgent('SIGKILL')))
    await Promise.all(pair.hosts.map(host => host.startAgent()))
    const state = await until('the end of the task', async () => {
      const now = await from.host.client.task(id, 5)
      return now.state === 'running' ? null : now
    })
    assert.equal(state.state, 'finished', JSON.stringify(state))
    assert.deepEqual(FinishResult.parse(await there.run(finish(next))), { runId: next, arrived: true })
    at = to
    runId = next
    await pair.engines[at].reported('up there', runId, r => r.status === 'up')
  })
})
