/** A guest on two real hosts with a TCP echo server, moved as an engine does it, and a stream to it from outside. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { type DomainSpec, FinishResult, type MigrationPlan, MigrateResult, MigrationTarget } from '@rookery/protocol'
import { TcpStream } from '../../lab/src/guest/tcp-stream.ts'
import { Heard, MiB, type TestEngine } from './engine.ts'
import { Pair } from './pair.ts'

export const moverMac = '56:6f:00:00:00:1a'
const guestAddress = '10.215.0.50'
const echoPort = 7

/** The usual plan: oVirt's minimal downtime. */
export const usualPlan: MigrationPlan = {
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

/** The guest, and where it is. */
export class Mover implements AsyncDisposable {
  readonly pair: Pair
  readonly spec: DomainSpec
  at: 0 | 1 = 0
  runId: string

  /** Boots the guest of a disk image and waits until it listens and its agent answers. */
  static async start(images: { disk: string; iso: string }): Promise<Mover> {
    const pair = await Pair.start()
    try {
      const [engine] = pair.engines
      const volume = await engine.volume('qcow2', 64 * MiB, images.disk)
      const iso = await engine.volume('raw', 32 * MiB, images.iso)
      const seed = {
        label: 'cidata' as const,
        files: [
          { path: 'meta-data', content: 'instance-id: i-1\nlocal-hostname: mover\n' },
          { path: 'user-data', content: '#cloud-config\nhostname: mover\n' },
        ],
      }
      const spec = engine.spec({
        disks: [engine.disk(volume, 'qcow2')],
        nics: [engine.nic(pair.networkId, moverMac)],
        cdrom: { medium: iso },
        seed,
      })
      await engine.run({ kind: 'vm.create', spec })
      const mover = new Mover(pair, spec)
      const card = `ip address add ${guestAddress}/24 dev eth0; ip link set eth0 up`
      const line = await mover.shell()
      await line.line(/ROOKERY-GUEST ready [^\r\n]*/)
      line.stream.write(`\r${card}; nc -ll -p ${echoPort} -e cat & echo listens-$((40+2))\r`)
      await line.line(/listens-42/)
      line.stream.destroy()
      await engine.reported('up', spec.runId, r => r.guestAgent)
      return mover
    } catch (error) {
      await pair[Symbol.asyncDispose]()
      throw error
    }
  }

  private constructor(pair: Pair, spec: DomainSpec) {
    this.pair = pair
    this.spec = spec
    this.runId = spec.runId
  }

  /** The host that has it, and the other one. */
  get here(): TestEngine {
    return this.pair.engines[this.at]
  }
  get there(): TestEngine {
    return this.pair.engines[this.at === 0 ? 1 : 0]
  }

  /** Its serial console. */
  async shell(): Promise<Heard> {
    return new Heard(await this.here.console({ vmId: this.spec.vmId, runId: this.runId }, 'serial'))
  }

  /** Lets the other host make room for it; gives the run that it would be there, and the task that sends it. */
  async prepared(plan: MigrationPlan = usualPlan) {
    const next = randomUUID()
    const { vmId, disks, nics, cdrom, seed } = this.spec
    const target = MigrationTarget.parse(
      await this.there.run({
        kind: 'vm.migrate.prepare',
        vmId,
        runId: next,
        disks: disks.map(({ diskId, volume }) => ({ diskId, volume })),
        nics,
        medium: cdrom.medium,
        seed,
      }),
    )
    return { next, task: { kind: 'vm.migrate' as const, vmId, runId: this.runId, target, plan } }
  }

  /** What the other host says became of it. */
  async arrived(next: string): Promise<boolean> {
    const nicIds = this.spec.nics.map(nic => nic.nicId)
    const task = { kind: 'vm.migrate.finish' as const, vmId: this.spec.vmId, runId: next, nicIds }
    return FinishResult.parse(await this.there.run(task)).arrived
  }

  /** It is on the other host now, as this run. */
  moved(next: string): void {
    this.at = this.at === 0 ? 1 : 0
    this.runId = next
  }

  /** Moves it to the other host and gives what was measured. */
  async move(plan: MigrationPlan = usualPlan): Promise<MigrateResult> {
    const { next, task } = await this.prepared(plan)
    const from = this.here
    const result = MigrateResult.parse(await from.run(task))
    assert.equal(result.left, true)
    assert.equal(await this.arrived(next), true)
    assert.equal(await from.ended(this.runId), 'migrated')
    this.moved(next)
    return result
  }

  /** A TCP stream to it from outside of the hosts. */
  stream(): Promise<TcpStream> {
    return TcpStream.open(guestAddress, echoPort, this.pair.intoOutside)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pair[Symbol.asyncDispose]()
  }
}
