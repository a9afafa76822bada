import assert from 'node:assert/strict'
import { chmodSync, chownSync, closeSync, copyFileSync, mkdirSync, openSync, readFileSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { paths } from '@rookery/cli/instance/paths'
import { readSettings } from '@rookery/cli/instance/settings'
import { MiB } from '@rookery/model'
import { until } from '../src/guest/until.ts'
import { Engine } from '../src/hosts/engine.ts'
import { SHARED } from '../src/hosts/settings.ts'
import { Api } from '../src/site/api.ts'
import { Instance } from '../src/site/instance.ts'
import { processesOf } from '../src/site/traces.ts'

type Row = Record<string, unknown> & { id: string; name: string; status: string }

/** What the guest is told: it writes who it is and how far it has come to its second disk, all the time. */
const writer =
  'boot=$(cat /proc/sys/kernel/random/boot_id); n=0; (while :; do n=$((n+1)); printf "%-512s" "$boot $n" | ' +
  'dd of=/dev/vdb bs=512 count=1 conv=fsync 2>/dev/null; sleep 0.2; done) & echo WRI""TING\n'

/** A VM whose guest writes to a disk with a lease. */
export interface WritingVm {
  readonly id: string
  readonly name: string
  /** The volume that it writes to, as this machine finds it. */
  readonly truth: string
}

/** A lab with a data domain whose images hosts take on the domain itself, through the native dialect. */
export class LeasedLab {
  readonly engine: Engine
  readonly api: Api
  readonly dataDir: string
  readonly shared: string
  readonly #image: string
  clusterId = ''
  dataCenterId = ''
  domainId = ''

  private constructor(engine: Engine, api: Api, o: { dataDir: string; shared: string; image: string }) {
    this.engine = engine
    this.api = api
    this.dataDir = o.dataDir
    this.shared = o.shared
    this.#image = o.image
  }

  /** `image`: a qcow2 file of the tiny guest. */
  static async of(o: { dataDir: string; shared: string; image: string }): Promise<LeasedLab> {
    const p = paths(o.dataDir)
    const settings = (await readSettings(p)) ?? assert.fail('there is no instance')
    const lab = new LeasedLab(
      await Engine.signIn(p, settings),
      await Api.signIn(new Instance({ dataDir: o.dataDir, port: settings.port })),
      o,
    )
    const cluster = (await lab.query('cluster.list')).find(row => row.name === 'Lab') ?? assert.fail('no cluster Lab')
    lab.clusterId = cluster.id
    lab.dataCenterId = String(cluster['dataCenterId'])
    await lab.#domain()
    return lab
  }

  query(name: string, input: object = {}): Promise<Row[]> {
    return this.engine.query<Row[]>(name, input)
  }

  async #domain(): Promise<void> {
    const name = 'leased'
    const found = async () => (await this.query('storageDomain.list')).find(row => row.name === name)
    const path = `${SHARED}/${name}`
    mkdirSync(join(this.shared, name), { recursive: true })
    chownSync(join(this.shared, name), 36, 36)
    await until('the leased domain to be active', async () => {
      const domain = await found()
      this.domainId = domain?.id ?? ''
      if (domain?.status === 'active') return true
      const spm = (await this.hosts()).find(host => host['spmStatus'] === 'spm' && host.status === 'up')
      if (domain === undefined && spm !== undefined)
        await this.engine.op('storageDomain.add', {
          name,
          type: 'data',
          hostId: spm.id,
          connection: { type: 'posixfs', path, vfsType: 'none', mountOptions: 'bind', lease: true },
          criticalSpaceGib: 1,
        })
      if (domain?.status === 'unattached')
        await this.engine.op('storageDomain.attach', { id: domain.id, dataCenterId: this.dataCenterId })
      throw new Error(`it is ${domain?.status ?? 'not there'}`)
    })
  }

  hosts(): Promise<Row[]> {
    return this.query('host.list', { clusterIds: [this.clusterId] })
  }

  async host(name: string): Promise<Row> {
    return (await this.hosts()).find(row => row.name === name) ?? assert.fail(`no host ${name}`)
  }

  async vm(id: string): Promise<Row> {
    return (await this.query('vm.list', { ids: [id] }))[0] ?? assert.fail(`no VM ${id}`)
  }

  /** Waits for a job; fails with its own words unless it finished. */
  async done(started: { jobId?: string | null }): Promise<void> {
    const id = started.jobId
    if (id == null) return
    const error = await this.outcome(id)
    assert.equal(error, null, JSON.stringify(error))
  }

  /** The error with which a job ended; null when it finished. */
  outcome(jobId: string): Promise<{ code: string; message: string; detail?: Record<string, unknown> } | null> {
    return until(
      'the job to end',
      async () => {
        const [row] = await this.query('job.list', { ids: [jobId] })
        if (row === undefined || row['endedAt'] == null) throw new Error(`it is ${row?.status}`)
        return { error: row.status === 'finished' ? null : (row['error'] as { code: string; message: string }) }
      },
      { deadlineMs: 400_000, everyMs: 200 },
    ).then(({ error }) => error)
  }

  /** Makes a VM that boots the tiny guest and writes to a disk of its own; it is down. */
  async makeVm(name: string, config: object = {}): Promise<WritingVm> {
    const made = await this.engine.op('vm.add', {
      name,
      clusterId: this.clusterId,
      config: {
        memory: 192 * MiB,
        os: { type: 'other_linux', boot: ['hd'] },
        ...config,
      },
      disks: [
        {
          disk: { alias: `${name}-boot`, capacity: 64 * MiB, format: 'qcow2', storageDomainId: this.domainId },
          bootable: true,
        },
        {
          disk: { alias: `${name}-truth`, capacity: MiB, format: 'raw', sparse: true, storageDomainId: this.domainId },
        },
      ],
    })
    await this.done(made)
    const volume = async (alias: string) => {
      const disk = await until(`disk ${alias} to be made`, async () =>
        (await this.query('disk.list')).find(row => row['alias'] === alias && row.status === 'ok'),
      )
      return join(this.shared, 'leased', this.domainId, 'images', String(disk['imageId']), String(disk['volumeId']))
    }
    const boot = await volume(`${name}-boot`)
    copyFileSync(this.#image, boot)
    chmodSync(boot, 0o660)
    chownSync(boot, 36, 36)
    return { id: made.id, name, truth: await volume(`${name}-truth`) }
  }

  /** Starts it on a host; the job's error, or null. */
  async start(
    vm: WritingVm,
    host?: string,
  ): Promise<{ code: string; message: string; detail?: Record<string, unknown> } | null> {
    const runOnce = host === undefined ? {} : { runOnce: { hostIds: [(await this.host(host)).id] } }
    const { jobId } = await this.engine.op('vm.start', { id: vm.id, ...runOnce })
    return this.outcome(jobId ?? '')
  }

  /** Waits until the guest has booted and lets it write. */
  async letWrite(vm: WritingVm): Promise<void> {
    const before = readTruth(vm)?.boot
    const serial = await this.api.serial(await this.api.serialTicket(vm.id))
    let said = ''
    serial.stream.setEncoding('latin1').on('data', (text: string) => (said += text))
    const typing = setInterval(() => serial.type('\n'), 1000)
    try {
      await until(`${vm.name} to have a shell`, async () => said.includes(':/root# '), { deadlineMs: 120_000 })
      clearInterval(typing)
      serial.type(writer)
      await until(`${vm.name} to write`, async () => (readTruth(vm)?.boot ?? before) !== before, {
        deadlineMs: 120_000,
      })
    } catch (error) {
      throw new Error(`it said: ${said.slice(-500)}`, { cause: error })
    } finally {
      clearInterval(typing)
      serial.close()
    }
  }

  /** QEMU processes of a VM on any host of the lab, as this machine counts them. */
  async processes(vm: WritingVm): Promise<number[]> {
    const found = (await processesOf(this.dataDir)).filter(
      p => p.args.includes(`rookery-${vm.id}`) && p.args.includes('qemu-system'),
    )
    return found.map(p => p.pid)
  }
}

/** What the guest wrote last: which boot of it, and how far it had come. */
export function readTruth(vm: WritingVm): { boot: string; n: number } | null {
  const file = openSync(vm.truth, 'r')
  try {
    const block = Buffer.alloc(512)
    readSync(file, block, 0, 512, 0)
    const [boot = '', n = ''] = block.toString('latin1').trim().split(' ')
    return /^[0-9a-f-]{36}$/.test(boot) ? { boot, n: Number(n) } : null
  } finally {
    closeSync(file)
  }
}

/**
 * Watches what the guest writes. Two that run at once write in turns: a boot that another one followed is seen again, or one that goes on from
 * its last word falls back.
 */
export class TruthWatch {
  readonly #vm: WritingVm
  readonly #timer: NodeJS.Timeout
  readonly #over = new Set<string>()
  #last: { boot: string; n: number } | null = null
  /** Each thing that must never be. */
  readonly wrong: string[] = []

  constructor(vm: WritingVm) {
    this.#vm = vm
    this.#timer = setInterval(() => this.look(), 50)
  }

  get last(): { boot: string; n: number } | null {
    return this.#last
  }

  look(): void {
    const now = readTruth(this.#vm)
    if (now === null) return
    const before = this.#last
    if (before !== null && before.boot === now.boot && now.n < before.n)
      this.wrong.push(`${now.boot} fell back from ${before.n} to ${now.n}`)
    if (before !== null && before.boot !== now.boot) this.#over.add(before.boot)
    if (this.#over.has(now.boot)) this.wrong.push(`${now.boot} wrote ${now.n} after another boot had followed it`)
    this.#last = now
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}

/** The state letter of a process, `T` while it is stopped; undefined when it is gone. */
export function processState(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return stat.slice(stat.lastIndexOf(')') + 2)[0]
  } catch {
    return undefined
  }
}
