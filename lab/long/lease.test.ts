import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { until } from '../src/guest/until.ts'
import { tinyForTests } from '../src/images/for-tests.ts'
import { missingTools } from '../src/images/tools.ts'
import { type Lab, startLab } from '../src/site/lab.ts'
import { hostTools } from '../src/site/tools.ts'
import { LeasedLab, processState, readTruth, TruthWatch, type WritingVm } from './leased.ts'

const missing = await missingTools(hostTools)
const tiny =
  missing.length === 0 && process.getuid?.() === 0
    ? await tinyForTests()
    : { skip: 'needs root and the packages of a host' }
const skip = 'skip' in tiny ? tiny.skip : false
const image = 'skip' in tiny ? '' : tiny.paths.disk

/**
 * QEMU without its own locks on images, which would otherwise refuse a second start on this one machine: on storage that is read over the
 * network there are none. So what is shown here is shown by the storage lease alone.
 */
const unlocked = `#!/bin/bash
args=()
for arg in "$@"; do args+=("\${arg//'"driver":"file",'/'"driver":"file","locking":"off",'}"); done
exec /usr/bin/qemu-system-x86_64 "\${args[@]}"
`

describe('the storage lease on real hosts, with QEMU’s image locks off', { skip }, () => {
  let lab: Lab
  let leased: LeasedLab
  const watches: TruthWatch[] = []

  before(async () => {
    if ('skip' in tiny) return
    lab = await startLab({ hosts: 2 })
    for (const host of lab.hosts) {
      await host.exec('sh', '-c', `cat > /etc/qemu-unlocked <<'END'\n${unlocked}END\nchmod 755 /etc/qemu-unlocked`)
      const config = '/run/rookery/data/agent/config.json'
      await host.exec('sed', '-i', 's|"emulator": "[^"]*"|"emulator": "/etc/qemu-unlocked"|', config)
      assert.match(await host.exec('cat', config), /qemu-unlocked/)
      await host.exec('kill', '-9', String(await host.programPid('agent')))
    }
    await again()
    // Nobody is to be switched off by itself here: what is shown is that the storage alone keeps the second one away.
    for (const host of await leased.hosts())
      await leased.engine.op('host.update', { id: host.id, powerManagement: { enabled: false } })
  })
  after(async () => {
    for (const watch of watches) watch.stop()
    assert.ok(await lab?.remove(), 'something could not be taken away')
  })

  /** Signs in once more: the engine was started anew. */
  async function again(): Promise<void> {
    leased = await LeasedLab.of({
      dataDir: lab.instance.dataDir,
      shared: lab.shared,
      image,
    })
    for (const host of lab.hosts) await host.untilIs('up')
  }

  function watch(vm: WritingVm): TruthWatch {
    const made = new TruthWatch(vm)
    watches.push(made)
    return made
  }

  /** Goes on only when the guest has written again. */
  const goesOn = async (seen: TruthWatch) => {
    const before = seen.last
    await until('the guest to write', async () => seen.last !== null && seen.last.n !== before?.n, {
      deadlineMs: 120_000,
    }).catch(async (error: Error) => {
      throw new Error(`${error.message}
${await keepersSaid()}`)
    })
    assert.equal(seen.last?.boot, before?.boot)
  }

  /** The keeper of the leased domain on a host, as that host counts processes. */
  const keeperOf = async (host: string): Promise<string> => {
    const file = `/run/rookery/agent/k/${leased.domainId.replaceAll('-', '')}.state`
    return String((JSON.parse(await lab.host(host).exec('cat', file)) as { keeper: { pid: number } }).keeper.pid)
  }

  /** What the keepers of both hosts said, for a test that fails. */
  const keepersSaid = async (): Promise<string> =>
    (
      await Promise.all(
        lab.hosts.map(host => host.tryExec('sh', '-c', 'tail -n 20 /run/rookery/data/agent/keepers/*.log')),
      )
    )
      .map(said => said.stdout)
      .join('\n')

  const lost = (name: string) =>
    until(
      `${name} to be lost`,
      async () => (await leased.host(name)).status === 'non_responsive' || Promise.reject(new Error('it is not')),
      { deadlineMs: 180_000, everyMs: 500 },
    )

  test('a VM that moves and is started elsewhere takes its images along; in between nobody writes', async t => {
    const vm = await leased.makeVm('moves')
    assert.equal(await leased.start(vm, 'h1'), null)
    const seen = watch(vm)
    await leased.letWrite(vm)
    for (const to of ['h2', 'h1']) {
      const { jobId } = await leased.engine.op('vm.migrate', { id: vm.id, hostId: (await leased.host(to)).id })
      assert.equal(await leased.outcome(jobId ?? ''), null)
      await goesOn(seen)
      assert.equal((await leased.vm(vm.id))['hostId'], (await leased.host(to)).id)
    }
    const events = await leased.query('event.list', { max: 50 })
    for (const event of events.filter(e => e.name === 'vm.migration.done'))
      t.diagnostic(`downtime ${(event['data'] as { downtimeMs: number }).downtimeMs} ms`)
    const stopped = performance.now()
    await leased.done(await leased.engine.op('vm.stop', { id: vm.id }))
    assert.equal(await leased.start(vm, 'h2'), null)
    t.diagnostic(`stopped on one host and started on the other: ${Math.round(performance.now() - stopped)} ms`)
    await leased.done(await leased.engine.op('vm.stop', { id: vm.id }))
    assert.deepEqual(seen.wrong, [])
  })

  test('cut off, its agent killed, its keeper frozen and thawed late, the database restored from before: it never runs twice', async t => {
    const vm = await leased.makeVm('twice')
    const { instance } = lab
    const data = join(instance.dataDir, 'postgres/data')
    const backup = join(instance.dataDir, 'postgres/before')
    await instance.down()
    execFileSync('cp', ['--archive', data, backup])
    await instance.up()
    await again()
    assert.equal(await leased.start(vm, 'h1'), null)
    const seen = watch(vm)
    await leased.letWrite(vm)
    const [guest = 0] = await leased.processes(vm)

    const h1 = lab.host('h1')
    await h1.partition()
    await h1.exec('kill', '-9', String(await h1.programPid('agent')))
    const keeper = await keeperOf('h1')
    await h1.exec('kill', '-STOP', keeper)
    const frozen = performance.now()
    await instance.down()
    rmSync(data, { recursive: true })
    execFileSync('cp', ['--archive', backup, data])
    await instance.up()
    leased = await LeasedLab.of({ dataDir: instance.dataDir, shared: lab.shared, image })
    await lab.host('h2').untilIs('up')
    assert.equal((await leased.vm(vm.id)).status, 'down', 'the restored database knows nothing of the run')
    const refused = await leased.start(vm, 'h2')
    assert.equal(refused?.code, 'vm.disk_held', JSON.stringify(refused))
    assert.match(refused?.message ?? '', /held by Host h1 on the storage since 20/)
    assert.deepEqual(await leased.processes(vm), [guest])
    // Its lease has expired meanwhile: what stands in for its keeper has made the guest stand still.
    await until('the guest to stand still', async () => processState(guest) === 'T', { deadlineMs: 120_000 })
    t.diagnostic(`guest stopped ${Math.round((performance.now() - frozen) / 1000)} s after its keeper was frozen`)
    assert.equal((await leased.start(vm, 'h2'))?.code, 'vm.disk_held')
    await h1.exec('kill', '-CONT', keeper)
    await until('the guest to go on', async () => processState(guest) !== 'T', { deadlineMs: 120_000 })
    await goesOn(seen)
    await h1.heal()
    await h1.untilIs('up')
    assert.equal((await leased.start(vm, 'h2'))?.code, 'vm.disk_held')
    process.kill(guest, 'SIGKILL')
    await until(
      'the images to be free',
      async () => (await leased.start(vm, 'h2')) === null || Promise.reject(new Error('held')),
      {
        deadlineMs: 120_000,
      },
    )
    await leased.letWrite(vm)
    await leased.done(await leased.engine.op('vm.stop', { id: vm.id }))
    assert.deepEqual(seen.wrong, [])
  })

  test('a word about a host that still renews its lease is refused; after a power cut the VM runs elsewhere', async t => {
    const vm = await leased.makeVm('available', { highAvailability: { enabled: true, priority: 50 } })
    assert.equal(await leased.start(vm, 'h1'), null)
    const seen = watch(vm)
    await leased.letWrite(vm)
    const h1 = lab.host('h1')
    await h1.partition()
    await lost('h1')
    const { id } = await leased.host('h1')
    // Others see it move on storage: told at once, or found out by the job.
    const said = await leased.engine.op('host.fence', { id, how: 'confirm' }).then(
      ({ jobId }) => leased.outcome(jobId ?? '').then(error => error?.message ?? ''),
      (error: Error) => error.message,
    )
    assert.match(said, /seen on storage|renewed its storage lease/)
    await goesOn(seen)
    await h1.heal()
    await h1.untilIs('up')
    await goesOn(seen)

    const cut = performance.now()
    const since = () => ((performance.now() - cut) / 1000).toFixed(0)
    await h1.kill()
    await lost('h1')
    t.diagnostic(`lost after ${since()} s`)
    await until(
      'the confirmation to be taken',
      async () => {
        const { jobId } = await leased.engine.op('host.fence', { id, how: 'confirm' })
        const error = await leased.outcome(jobId ?? '')
        if (error !== null) throw new Error(error.message)
        return true
      },
      { deadlineMs: 240_000, everyMs: 2000 },
    )
    t.diagnostic(`called dead on storage after ${since()} s`)
    await until('the VM to run elsewhere', async () => (await leased.processes(vm)).length === 1, {
      deadlineMs: 240_000,
    })
    t.diagnostic(`started elsewhere after ${since()} s`)
    await leased.letWrite(vm)
    t.diagnostic(`guest booted after ${since()} s`)
    await h1.start()
    await h1.untilIs('up')
    assert.equal((await leased.processes(vm)).length, 1)
    await leased.done(await leased.engine.op('vm.stop', { id: vm.id }))
    assert.deepEqual(seen.wrong, [])
    assert.notEqual(readTruth(vm), null)
  })
})
