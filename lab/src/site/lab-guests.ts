import assert from 'node:assert/strict'
import { readlink } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { text } from 'node:stream/consumers'
import { paths } from '@rookery/cli/instance/paths'
import { readSettings } from '@rookery/cli/instance/settings'
import { TcpStream } from '../guest/tcp-stream.ts'
import { until } from '../guest/until.ts'
import { Engine } from '../hosts/engine.ts'
import { LAB, STORAGE } from '../hosts/site.ts'
import { Api, type Doc } from './api.ts'
import { untilAddress, uploadDisk } from './guest.ts'
import type { Host, Lab } from './lab.ts'
import { processesOf } from './traces.ts'

const MiB = 1024 * 1024
/** The port of each guest on which what is said comes back. */
const echoPort = 7
/** The port on which each guest says its name. */
const namePort = 80

/** What the engine tells of a migration that succeeded. */
export interface MigrationSaid {
  readonly downtimeMs: number | null
  readonly durationMs: number | null
  /** Bytes. */
  readonly transferred: number | null
  readonly postCopy: boolean
}

/** What an event of the engine says. */
export interface EventSaid {
  readonly name: string
  readonly position: number
  /** ISO time. */
  readonly at: string
  readonly message: string
  readonly refs: readonly { kind: string; id: string }[]
  readonly data: unknown
}

/** Makes VMs on the hosts of a lab, each with a disk on the storage that they share and a card on the guests' wire. */
export class LabGuests implements AsyncDisposable {
  readonly lab: Lab
  /** oVirt's dialect, in which guests are made and moved. */
  readonly api: Api
  /** The native dialect, for what the other one does not show. */
  readonly engine: Engine
  readonly clusterId: string
  readonly #domainId: string
  readonly #profileId: string
  readonly #image: string

  /** Signs in. `image`: the qcow2 file that each guest boots from. */
  static async of(lab: Lab, image: string): Promise<LabGuests> {
    const p = paths(lab.instance.dataDir)
    const settings = (await readSettings(p)) ?? assert.fail('there is no instance')
    const api = await Api.signIn(lab.instance)
    const clusterId = await api.idOf('/clusters', 'cluster', { name: LAB })
    const dataCenter = idAt(await api.get(`/clusters/${clusterId}`), 'data_center')
    const all = async (collection: string, element: string) => (await api.get(collection))[element] as Doc[]
    const network = (await all('/networks', 'network')).find(
      each => each.name === 'ovirtmgmt' && idAt(each, 'data_center') === dataCenter,
    )
    const profile = (await all('/vnicprofiles', 'vnic_profile')).find(each => idAt(each, 'network') === network?.id)
    return new LabGuests(lab, api, await Engine.signIn(p, settings), image, {
      cluster: clusterId,
      domain: await api.idOf('/storagedomains', 'storage_domain', { name: STORAGE }),
      profile: String(profile?.id),
    })
  }

  private constructor(
    lab: Lab,
    api: Api,
    engine: Engine,
    image: string,
    ids: { cluster: string; domain: string; profile: string },
  ) {
    this.lab = lab
    this.api = api
    this.engine = engine
    this.#image = image
    this.clusterId = ids.cluster
    this.#domainId = ids.domain
    this.#profileId = ids.profile
  }

  /** Makes a VM that echoes on a port and does `beside` all the time (each a line of shell). It does not run yet. */
  async make(name: string, o: { memory?: number; beside?: readonly string[]; more?: string } = {}): Promise<LabGuest> {
    const disk = await uploadDisk(this.api, this.#image, name, this.#domainId)
    const bytes = (o.memory ?? 192) * MiB
    const lines = [`nc -ll -p ${echoPort} -e cat`, ...(o.beside ?? [])].map(
      line => `  (${line}) </dev/null >/dev/null 2>&1 &`,
    )
    const script = ['#cloud-config', 'runcmd:', '- |', ...lines, ''].join('\n')
    const vm = await this.api.post(
      '/vms',
      `<vm><name>${name}</name><memory>${bytes}</memory><cluster id="${this.clusterId}"/><template><name>Blank</name></template>` +
        `<memory_policy><guaranteed>${bytes}</guaranteed></memory_policy><console><enabled>true</enabled></console>` +
        '<os><boot><devices><device>hd</device></devices></boot></os>' +
        `<initialization><host_name>${name}</host_name><custom_script>${escaped(script)}</custom_script></initialization>` +
        `${o.more ?? ''}</vm>`,
    )
    const path = `/vms/${String(vm.id)}`
    await this.api.untilIs(path, 'down')
    await this.api.post(
      `${path}/diskattachments`,
      `<disk_attachment><disk id="${disk}"/><interface>virtio</interface><bootable>true</bootable><active>true</active></disk_attachment>`,
    )
    await this.api.post(
      `${path}/nics`,
      `<nic><name>nic1</name><interface>virtio</interface><vnic_profile id="${this.#profileId}"/></nic>`,
    )
    return new LabGuest(this, String(vm.id), name)
  }

  /** How the cluster migrates: `bandwidthMbps` and the like, as `cluster.update` takes it. */
  async migrations(policy: Record<string, unknown>): Promise<void> {
    await this.engine.op('cluster.update', { id: this.clusterId, settings: { migration: policy } })
  }

  /** By which policy the cluster places VMs, with its properties. */
  async scheduling(policyId: string, properties: Record<string, string>): Promise<void> {
    await this.engine.op('cluster.update', {
      id: this.clusterId,
      schedulingPolicyId: policyId,
      settings: { schedulingProperties: properties },
    })
  }

  /** Puts a host into maintenance; resolves when it is empty. */
  async deactivate(host: Host): Promise<void> {
    await this.api.post(`/hosts/${host.id}/deactivate`, '<action/>')
    await this.api.untilIs(`/hosts/${host.id}`, 'maintenance', { deadlineMs: 600_000 })
  }

  /** Brings it back. */
  async activate(host: Host): Promise<void> {
    await this.api.post(`/hosts/${host.id}/activate`, '<action/>')
    await this.api.untilIs(`/hosts/${host.id}`, 'up')
  }

  /** The name of the host that serves the storage; undefined while none does. */
  async spm(): Promise<string | undefined> {
    return (await this.lab.list()).hosts.find(host => host.spm)?.name
  }

  /** Events of this name after a position, oldest first. */
  async events(name: string, after = 0): Promise<EventSaid[]> {
    const rows = await this.engine.query<EventSaid[]>('event.list', { from: after })
    return rows.filter(row => row.name === name).toReversed()
  }

  /** Where history ends now. */
  async lastEvent(): Promise<number> {
    return (await this.engine.query<EventSaid[]>('event.list', { max: 1 }))[0]?.position ?? 0
  }

  /** What database and hosts do not agree about, as sentences. */
  async differences(): Promise<string[]> {
    const { differences } = await this.engine.query<{ differences: { invariant: string }[] }>('invariants')
    return differences.map(each => JSON.stringify(each))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.api.close()
  }
}

/** One VM on the hosts of a lab. */
export class LabGuest {
  readonly id: string
  readonly name: string
  readonly #guests: LabGuests
  address = ''

  constructor(guests: LabGuests, id: string, name: string) {
    this.#guests = guests
    this.id = id
    this.name = name
  }

  get path(): string {
    return `/vms/${this.id}`
  }

  /** Starts it, on this host where one is given; resolves when it listens. */
  async start(host?: Host): Promise<this> {
    const where =
      host === undefined ? '' : `<vm><placement_policy><hosts><host id="${host.id}"/></hosts></placement_policy></vm>`
    await this.#guests.api.post(`${this.path}/start`, `<action>${where}</action>`)
    await this.#guests.api.untilIs(this.path, 'up')
    this.address = await untilAddress(this.#guests.api, this.id)
    // Its agent is there before its commands have run.
    await until(`${this.name} to listen`, () => connects(this.address, echoPort), { everyMs: 250 })
    return this
  }

  /** Waits until it has booted once more, at the address that it had: its name server answers then; its first boot's commands do not run again. */
  async booted(deadlineMs = 180_000): Promise<void> {
    await until(`${this.name} to boot`, () => connects(this.address, namePort), { everyMs: 250, deadlineMs })
  }

  /** Its status and the host that it runs on, as oVirt's clients see it. */
  async now(): Promise<{ status: string; host: Host | undefined }> {
    const doc = await this.#guests.api.get(this.path)
    const id = (doc.host as Doc | undefined)?.id
    return { status: String(doc.status), host: this.#guests.lab.hosts.find(host => host.id === id) }
  }

  /** Asks for a migration, to this host where one is given. Gives the id of its job. */
  async leave(host?: Host): Promise<string> {
    const to = host === undefined ? '' : `<host id="${host.id}"/>`
    return idAt(await this.#guests.api.post(`${this.path}/migrate`, `<action>${to}</action>`), 'job')
  }

  /** Migrates it and waits until it is up elsewhere. Gives what the engine's event says of it. */
  async migrate(host?: Host): Promise<MigrationSaid> {
    const after = await this.#guests.lastEvent()
    const before = (await this.now()).host
    await this.leave(host)
    await until(
      `${this.name} to be up elsewhere`,
      async () => {
        const now = await this.now()
        if (now.status === 'up' && now.host !== before) return true
        const failed = (await this.#guests.events('vm.migration.failed', after)).find(event => this.#in(event))
        if (failed !== undefined) return true
        throw new Error(`it is ${now.status} on ${String(now.host?.name)}`)
      },
      { everyMs: 100 },
    )
    return until('the event of the migration', async () => {
      const done = (await this.#guests.events('vm.migration.done', after)).find(event => this.#in(event))
      if (done !== undefined) return done.data as MigrationSaid
      const failed = (await this.#guests.events('vm.migration.failed', after)).find(event => this.#in(event))
      return failed === undefined ? undefined : assert.fail(failed.message)
    })
  }

  /** Waits until it is up, and gives its host. */
  async settled(deadlineMs = 180_000): Promise<Host> {
    return until(
      `${this.name} to be up`,
      async () => {
        const { status, host } = await this.now()
        if (status === 'up' && host !== undefined) return host
        throw new Error(`it is ${status}`)
      },
      { everyMs: 200, deadlineMs },
    )
  }

  /** A TCP stream to it from this machine, which is on the guests' wire. */
  stream(): Promise<TcpStream> {
    return TcpStream.open(this.address, echoPort)
  }

  /** Stops it and takes it away, with its disk. */
  async remove(): Promise<void> {
    const { engine } = this.#guests
    await engine.op('vm.stop', { id: this.id })
    await this.#guests.api.untilIs(this.path, 'down')
    await engine.op('vm.remove', { id: this.id })
    await until(`${this.name} to be gone`, async () => {
      const found = await engine.query<unknown[]>('vm.list', { ids: [this.id] })
      return found.length === 0
    })
  }

  /** What it says on a port, until it hangs up. */
  async said(port: number): Promise<string> {
    const socket = createConnection({ host: this.address, port })
    socket.setTimeout(60_000, () => socket.destroy(new Error(`port ${port} of ${this.name} says nothing`)))
    return text(socket)
  }

  /** Its QEMU processes: on which host each is, and its process id as this machine counts them. */
  async copies(): Promise<{ host: Host; pid: number }[]> {
    const { lab } = this.#guests
    const found: { host: Host; pid: number }[] = []
    const space = (pid: number) => readlink(`/proc/${pid}/ns/net`).catch(() => undefined) // it has just ended
    const running = await Promise.all(lab.hosts.map(async host => ({ host, pid: await host.pid().catch(() => 0) })))
    const spaces = new Map(await Promise.all(running.map(async ({ host, pid }) => [await space(pid), host] as const)))
    for (const { pid, args } of await processesOf(lab.instance.dataDir)) {
      if (!/^\S*\/qemu-system-\S+ /.test(args) || !args.includes(this.id)) continue
      const host = spaces.get(await space(pid))
      if (host !== undefined) found.push({ host, pid })
    }
    return found
  }

  /** Waits until one process of it runs, on the host that the engine names. */
  async isOne(): Promise<Host> {
    const host = await this.settled()
    return until(`${this.name} to run once, on ${host.name}`, async () => {
      const copies = await this.copies()
      if (copies.length === 1 && copies[0]?.host === (await this.now()).host) return copies[0]?.host
      throw new Error(`it runs on ${copies.map(copy => copy.host.name).join(' and ') || 'no host'}`)
    })
  }

  #in = (event: EventSaid): boolean => event.refs.some(ref => ref.id === this.id)
}

function connects(host: string, port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = createConnection({ host, port, timeout: 2_000 })
    const end = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket
      .once('connect', () => end(true))
      .once('error', () => end(false))
      .once('timeout', () => end(false))
  })
}

const idAt = (doc: Doc | undefined, key: string): string => String((doc?.[key] as Doc | undefined)?.id)
const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
