import assert from 'node:assert/strict'
import { chown, mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inside, paths } from '@rookery/cli/instance/paths'
import { MiB } from '@rookery/model'
import { until } from '../engine/test/until.ts'
import type { RealSite } from './real-site.ts'

type Standing = 'up' | 'down' | 'suspended' | 'paused'
type DomainStanding = 'unattached' | 'active' | 'maintenance'

const fits: Record<Standing, readonly string[]> = {
  up: ['up', 'powering_up'],
  down: ['down'],
  suspended: ['suspended'],
  paused: ['paused'],
}

/** A VM whose system lets go of what is unplugged; one that stands in its firmware never does. */
export interface Systems {
  /** Makes one that is down, and gives its id. */
  make(): Promise<string>
  /** Waits until it has booted. */
  booted(vmId: string): Promise<void>
}

/**
 * One VM, a spare disk, a card, a transfer, a storage domain and a network on a real site, brought to wherever a job shall begin. Each
 * method looks first: what a kill has undone or ended is made again.
 */
export class Journey {
  readonly site: RealSite
  readonly #name: string
  readonly #systems: Systems | undefined
  #count = 0
  vmId = ''
  /** A VM with a system, for what needs one. */
  systemId = ''
  #bootedRun = ''
  spare = ''
  nicId = ''
  transferId = ''
  domainId = ''
  networkId = ''

  constructor(site: RealSite, name: string, systems?: Systems) {
    this.site = site
    this.#name = name
    this.#systems = systems
  }

  /** A name that nothing has had. */
  fresh(): string {
    return `${this.#name}-${++this.#count}`
  }

  /** Asks for an operation that must be done: again while nobody answers, or while what came before is only about to end. */
  async op(name: string, input: object): Promise<Record<string, unknown>> {
    let last = 'no answer'
    return until(
      async () => {
        const answer = await this.site.ask('op', name, input)
        if (answer.kind === 'done') return answer.result
        last = answer.kind === 'refused' ? answer.code : 'no answer'
        return undefined
      },
      { timeoutMs: 60_000, everyMs: 200 },
    ).catch(() => {
      throw new Error(`${name} ${JSON.stringify(input)} is not done: ${last}`)
    })
  }

  /** Asks for an operation and gives its job. */
  async job(name: string, input: object): Promise<string> {
    const { jobId } = await this.op(name, input)
    assert.ok(typeof jobId === 'string', `${name} has no job`)
    return jobId
  }

  /** Like {@link job}, and it must finish. */
  async done(name: string, input: object): Promise<Record<string, unknown>> {
    const result = await this.op(name, input)
    if (typeof result.jobId === 'string') assert.equal(await this.ended(result.jobId), 'finished', name)
    return result
  }

  /** How a job has ended. */
  ended(jobId: string): Promise<string> {
    return until(
      async () => {
        const [row] = await this.site.sql<{ status: string; over: boolean }>`
          select status, ended_at is not null or status = 'stuck' as over from job where id = ${jobId}::uuid`
        return row?.over === true ? row.status : undefined
      },
      { what: `job ${jobId} to end`, timeoutMs: 180_000, everyMs: 50 },
    )
  }

  /** The job of a kind that is open now, or the first that begins; who starts it is the engine. */
  async next(kind: string, start: () => Promise<unknown>): Promise<string> {
    const over = await this.site.sql<{ id: string }>`select id from job where kind = ${kind} and ended_at is not null`
    const known = new Set(over.map(job => job.id))
    await start()
    return until(
      async () =>
        (await this.site.sql<{ id: string }>`select id from job where kind = ${kind} order by created_at`).find(
          j => !known.has(j.id),
        )?.id,
      { what: `a job ${kind}`, timeoutMs: 60_000, everyMs: 20 },
    )
  }

  async #one<T>(rows: Promise<T[]>): Promise<T> {
    return (await rows)[0] ?? assert.fail('the site lacks what it was made with')
  }

  readonly cluster = () =>
    this.#one(this.site.sql<{ id: string; dataCenterId: string }>`
    select id, data_center_id from cluster order by created_at limit 1`)
  readonly host = () => this.#one(this.site.sql<{ id: string; status: string }>`select id, status from host limit 1`)
  readonly dataDomain = () =>
    this.#one(this.site.sql<{ id: string }>`
    select id from storage_domain where type = 'data' and master`)

  async #status(kind: 'vm' | 'disk' | 'domain', id: string): Promise<string | undefined> {
    if (id === '') return undefined
    const rows =
      kind === 'vm'
        ? this.site.sql<{ status: string }>`select status from vm_view where id = ${id}::uuid`
        : kind === 'disk'
          ? this.site.sql<{ status: string }>`select status from disk where id = ${id}::uuid`
          : this.site.sql<{ status: string }>`select status from storage_domain where id = ${id}::uuid`
    return (await rows)[0]?.status
  }

  /** Moves something until it stands as wanted; `move` does one thing, or nothing when it must be waited for. */
  async #until(what: string, there: () => Promise<boolean>, move: () => Promise<void>): Promise<void> {
    await until(
      async () => {
        if (await there()) return true
        await move()
        return there()
      },
      { what, timeoutMs: 180_000, everyMs: 300 },
    )
  }

  /** Asks without insisting: where something is under way it is asked again. */
  async #try(name: string, input: object): Promise<void> {
    const answer = await this.site.ask('op', name, input)
    if (answer.kind === 'done' && typeof answer.result.jobId === 'string') await this.ended(answer.result.jobId)
  }

  async vmIs(want: Standing): Promise<void> {
    if ((await this.#status('vm', this.vmId)) === undefined) await this.#makeVm()
    await this.#is(this.vmId, want)
  }

  /** The VM with a system has booted. */
  async systemUp(): Promise<string> {
    if (this.#systems === undefined) throw new Error('this journey has no VM with a system')
    if ((await this.#status('vm', this.systemId)) === undefined) this.systemId = await this.#systems.make()
    await this.#is(this.systemId, 'up')
    const [run] = await this.site.sql<{ id: string }>`select id from vm_run where vm_id = ${this.systemId}::uuid`
    if (run !== undefined && run.id !== this.#bootedRun) {
      await this.#systems.booted(this.systemId)
      this.#bootedRun = run.id
    }
    return this.systemId
  }

  async #is(id: string, want: Standing): Promise<void> {
    await this.#until(
      `the VM to be ${want}`,
      async () => fits[want].includes((await this.#status('vm', id)) ?? 'gone'),
      async () => {
        const status = (await this.#status('vm', id)) ?? 'gone'
        if (want === 'paused' && status === 'down') return this.#try('vm.start', { id, pause: true })
        if (want === 'suspended' && fits.up.includes(status)) return this.#try('vm.suspend', { id })
        if (want !== 'down' && want !== 'paused' && ['down', 'suspended', 'paused'].includes(status))
          return this.#try('vm.start', { id })
        // One without a system never heeds the power button.
        if (want === 'down' || want === 'paused' || status === 'powering_down') return this.#try('vm.stop', { id })
      },
    )
  }

  async #makeVm(): Promise<void> {
    const [name, { id: clusterId }, { id: storageDomainId }] = [
      this.fresh(),
      await this.cluster(),
      await this.dataDomain(),
    ]
    const disk = await this.done('disk.add', {
      capacity: MiB,
      format: 'raw',
      sparse: true,
      storageDomainId,
      alias: name,
    })
    const disks = [{ diskId: disk.id, bootable: true, active: true }]
    this.vmId = String((await this.done('vm.add', { name, clusterId, config: { memory: 64 * MiB }, disks })).id)
  }

  /** A disk that is ok and that no transfer holds. */
  async spareDisk(): Promise<string> {
    if (this.transferId !== '') await this.noTransfer()
    const status = await this.#status('disk', this.spare)
    if (status === 'ok') return this.spare
    if (status !== undefined) await this.noSpare()
    const { id: storageDomainId } = await this.dataDomain()
    const input = { capacity: MiB, format: 'raw', sparse: true, storageDomainId, alias: this.fresh() }
    this.spare = String((await this.done('disk.add', input)).id)
    return this.spare
  }

  /** No spare disk any more. */
  async noSpare(): Promise<void> {
    if (this.transferId !== '') await this.noTransfer()
    if ((await this.#status('disk', this.spare)) === undefined) return
    await this.spareIs(null)
    await this.done('disk.remove', { id: this.spare })
  }

  /** The spare disk is attached to the VM with a system, plugged or not; null: it is attached to none. */
  async spareIs(plugged: boolean | null): Promise<void> {
    const rows = () => this.site.sql<{ active: boolean }>`
      select active from disk_attachment where vm_id = ${this.systemId || null}::uuid and disk_id = ${this.spare || null}::uuid`
    if (plugged === null) {
      if ((await rows()).length === 0) return
      await this.spareIs(false)
      await this.done('diskAttachment.remove', { vmId: this.systemId, diskId: this.spare, detachOnly: true })
      return
    }
    if (this.transferId !== '' || (await this.#status('disk', this.spare)) !== 'ok') await this.spareDisk()
    const at = { vmId: await this.systemUp(), diskId: this.spare }
    if ((await rows()).length === 0) await this.done('diskAttachment.add', { ...at, active: false })
    if ((await rows())[0]?.active !== plugged) await this.done('diskAttachment.update', { ...at, active: plugged })
  }

  /** The VM with a system has another card, plugged or not. */
  async cardIs(plugged: boolean): Promise<void> {
    const vmId = await this.systemUp()
    const row = async () =>
      (
        await this.site.sql<{ plugged: boolean }>`
          select plugged from nic where id = ${this.nicId || null}::uuid and vm_id = ${vmId}::uuid`
      )[0]
    if ((await row()) === undefined) {
      const [profile] = await this.site.sql<{ id: string }>`select id from vnic_profile where name = 'ovirtmgmt'`
      const input = { vmId, name: 'nic9', vnicProfileId: profile?.id, plugged: false }
      this.nicId = String((await this.done('nic.add', input)).id)
    }
    if ((await row())?.plugged !== plugged) await this.done('nic.update', { vmId, id: this.nicId, plugged })
  }

  /** Something to put into a drive: a file on the domain of ISO files that the host has told of. */
  async iso(): Promise<string> {
    const file = 'walk.iso'
    const known = async () => (await this.site.sql`select 1 from iso_file where name = ${file}`).length > 0
    if (await known()) return file
    const top = paths(this.site.instance.dataDir).iso
    for (const domain of await readdir(top)) {
      const images = join(top, domain, 'images')
      for (const image of await readdir(images).catch(() => [])) {
        const { uid, gid } = await stat(join(images, image))
        await writeFile(join(images, image, file), Buffer.alloc(64 * 1024), { mode: 0o660 })
        await chown(join(images, image, file), uid, gid)
      }
    }
    await until(known, { what: 'the host to tell of the ISO file', timeoutMs: 120_000 })
    return file
  }

  /** An upload of the spare disk that a client could use now. */
  async transferOpen(): Promise<string> {
    const phase = await this.#phase()
    if (phase === 'transferring') return this.transferId
    await this.spareDisk()
    await this.spareIs(null)
    const made = await this.done('imageTransfer.add', { diskId: this.spare, direction: 'upload', inactivityTimeout: 0 })
    this.transferId = String(made.id)
    return this.transferId
  }

  async #phase(): Promise<string | undefined> {
    if (this.transferId === '') return undefined
    const [row] = await this.site.sql<{ phase: string; over: boolean }>`
      select phase, ended_at is not null as over from image_transfer where id = ${this.transferId}::uuid`
    return row === undefined || row.over ? undefined : row.phase
  }

  /** What the spare disk shall hold has arrived. */
  async uploaded(): Promise<string> {
    const id = await this.transferOpen()
    const [row] = await this.site.sql<{ url: string }>`select url from image_transfer where id = ${id}::uuid`
    await until(() => this.site.put(row?.url ?? '', Buffer.alloc(MiB, 1)), { what: 'an upload', timeoutMs: 60_000 })
    return id
  }

  /** No transfer is under way. */
  async noTransfer(): Promise<void> {
    await this.#until(
      'the transfer to end',
      async () => (await this.#phase()) === undefined,
      () => this.#try('imageTransfer.cancel', { id: this.transferId }),
    )
    this.transferId = ''
  }

  /** A second storage domain, as far on its way as is asked. */
  async domainIs(want: DomainStanding | null): Promise<void> {
    const status = () => this.#status('domain', this.domainId)
    if (want !== null && (await status()) === undefined)
      await this.newDomain(input => this.done('storageDomain.add', input))
    const id = this.domainId
    await this.#until(
      `the storage domain to be ${want ?? 'gone'}`,
      async () => ((await status()) ?? null) === want,
      async () => {
        const now = await status()
        const forth = want === 'active' || (want === 'maintenance' && now === 'unattached')
        if (now === 'unattached' && want === null)
          return this.#try('storageDomain.remove', { id, hostId: (await this.host()).id, format: true })
        if (now === 'unattached')
          return this.#try('storageDomain.attach', { id, dataCenterId: (await this.cluster()).dataCenterId })
        if (now === 'maintenance') return this.#try(forth ? 'storageDomain.activate' : 'storageDomain.detach', { id })
        if (now === 'active' || now === 'inactive') return this.#try('storageDomain.deactivate', { id })
      },
    )
  }

  /** Asks for a storage domain in a folder of its own. */
  async newDomain(add: (input: object) => Promise<Record<string, unknown>>): Promise<Record<string, unknown>> {
    const name = this.fresh()
    const folder = join(this.site.instance.dataDir, 'storage', name)
    await mkdir(folder)
    const { uid, gid } = await stat(paths(this.site.instance.dataDir).storage)
    await chown(folder, uid, gid)
    // The agent has the data directory elsewhere.
    const connection = { type: 'localfs', path: join(inside.data, 'storage', name) }
    const made = await add({ name, type: 'data', hostId: (await this.host()).id, connection })
    this.domainId = String(made.id)
    return made
  }

  async hostIs(want: 'up' | 'maintenance'): Promise<void> {
    const { id } = await this.host()
    if (want === 'maintenance')
      for (const vm of [this.vmId, this.systemId])
        if ((await this.#status('vm', vm)) !== undefined) await this.#is(vm, 'down')
    await this.#until(
      `the host to be ${want}`,
      async () => (await this.host()).status === want,
      () => this.#try(want === 'up' ? 'host.activate' : 'host.deactivate', { id }),
    )
  }

  /** A network that no cluster has yet, or that the VM's has. */
  async networkIs(inCluster: boolean): Promise<void> {
    const there = await this.site.sql<{ within: boolean }>`
      select exists (select 1 from cluster_network c where c.network_id = n.id) as within from network n where n.id = ${this.networkId || null}::uuid`
    if (there[0] === undefined) {
      const { dataCenterId } = await this.cluster()
      const name = this.fresh()
      this.networkId = String((await this.done('network.add', { name, dataCenterId, mode: 'isolated' })).id)
    }
    if (!inCluster && there[0]?.within === true) {
      await this.done('network.remove', { id: this.networkId })
      return this.networkIs(false)
    }
    if (inCluster && there[0]?.within !== true)
      await this.attachNetwork(input => this.done('clusterNetwork.attach', input))
  }

  async attachNetwork<T>(attach: (input: object) => Promise<T>): Promise<T> {
    return attach({ networkId: this.networkId, clusterId: (await this.cluster()).id, required: false })
  }

  /** Everything of it is gone. */
  async over(): Promise<void> {
    await this.hostIs('up')
    await this.noSpare()
    await this.domainIs(null)
    if (this.networkId !== '') await this.site.ask('op', 'network.remove', { id: this.networkId })
    for (const id of [this.vmId, this.systemId]) {
      if ((await this.#status('vm', id)) === undefined) continue
      await this.#is(id, 'down')
      await this.done('vm.remove', { id })
    }
  }
}
