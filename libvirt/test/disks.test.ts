/** Disks of running domains that fail and move, and volumes that travel as streams, by libvirt's real storage driver. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { after, before, describe, test } from 'node:test'
import { type CallRet, constants, type EventPayloads, Hole, type Libvirt } from '../src/index.ts'
import { until } from '../src/testing/until.ts'
import { bootSector, GREETING } from './boot-sector.ts'
import { missingForDaemons, TestDaemon } from './daemon.ts'
import { BOOT_DISK, guestXml, SERIAL } from './guests.ts'
import { reading } from './reading.ts'

const missing = await missingForDaemons()
const MiB = 1 << 20

describe('disks and volumes', { skip: missing ?? false }, () => {
  let daemon: TestDaemon
  let libvirt: Libvirt
  let images: string

  before(async () => {
    daemon = await TestDaemon.start()
    libvirt = await daemon.connect()
    images = join(daemon.directory, 'var/lib/libvirt/images')
  })
  after(async () => {
    await libvirt?.close()
    await daemon?.stop()
  })

  type Pool = CallRet<'storagePoolCreateXml'>['pool']
  const poolOf = async (name: string, path: string): Promise<Pool> => {
    const xml = `<pool type='dir'><name>${name}</name><target><path>${path}</path></target></pool>`
    return (await libvirt.call('storagePoolCreateXml', { xml, flags: 0 })).pool
  }
  const volumeOf = async (pool: Pool, name: string, bytes: number) => {
    const xml =
      `<volume><name>${name}</name><allocation>0</allocation><capacity>${bytes}</capacity>` +
      "<target><format type='raw'/></target></volume>"
    return (await libvirt.call('storageVolCreateXml', { pool, xml, flags: 0 })).vol
  }

  /** Starts a domain from the boot sector, with more disks if given, and waits until it greets. */
  const booted = async (name: string, disks = '') => {
    const image = join(images, `${name}.raw`)
    await writeFile(image, bootSector())
    const xml = guestXml(name, { devices: `${SERIAL}${BOOT_DISK(image)}${disks}` })
    const domain = await libvirt.domains.create(xml, { paused: true })
    const console = await domain.display.openConsole()
    const read = reading(console)
    await domain.resume()
    await until('it greets', () => read.text().includes(GREETING))
    return { domain, console }
  }

  test('a disk that runs full pauses its guest and says so', async () => {
    const pool = await poolOf('small', join(daemon.directory, 'small'))
    const vol = await volumeOf(pool, 'thin.raw', 10 * MiB)
    const { domain, console } = await booted('writer', BOOT_DISK(vol.key, 'hdb'))
    const faults: EventPayloads['ioError'][] = []
    const lives: string[] = []
    await domain.on('ioError', event => faults.push(event))
    await domain.on('lifecycle', ({ event, detail }) => lives.push(`${event} ${detail}`))
    console.write('w')
    const fault = await until('the fault is heard', () => faults[0])
    assert.deepEqual([fault.path, fault.action, fault.reason], [vol.key, 'pause', 'enospc'])
    assert.match(fault.alias, /ide0-0-1/)
    await until('the pause is heard', () => lives.includes('suspended io error'))
    assert.deepEqual((await domain.state()).reason, 'io error')
    await domain.destroy()
    await libvirt.call('storagePoolDestroy', { pool })
  })

  test('a disk of a running domain is copied away, and the guest moves over', async () => {
    const { domain, console } = await booted('copied')
    const jobs: string[] = []
    await domain.on('blockJob', ({ disk, type, status }) => jobs.push(`${disk} ${type} ${status}`))
    const copy = join(images, 'copy.raw')
    await libvirt.call('domainBlockCopy', {
      dom: domain.wire,
      path: 'hda',
      destxml: `<disk type='file'><source file='${copy}'/><driver type='raw'/></disk>`,
      params: [],
      flags: constants.VIR_DOMAIN_BLOCK_COPY_TRANSIENT_JOB,
    })
    await until('the copy is ready', () => jobs.includes('hda copy ready'))
    await libvirt.call('domainBlockJobAbort', {
      dom: domain.wire,
      path: 'hda',
      flags: constants.VIR_DOMAIN_BLOCK_JOB_ABORT_PIVOT,
    })
    await until('the job ends', () => jobs.includes('hda copy completed'))
    assert.match(await domain.xml(), /copy\.raw/)
    console.write('q')
    await until('the guest is gone', async () => !(await domain.isActive().catch(() => false)))
  })

  test('a volume goes up and comes down unchanged', async () => {
    const pool = await poolOf('travel', join(images, '..'))
    const vol = await volumeOf(pool, 'data.raw', 8 * MiB)
    const content = randomBytes(8 * MiB)
    const up = await libvirt.stream('storageVolUpload', { vol, offset: 0n, length: 0n, flags: 0 })
    await pipeline([content.subarray(0, 5 * MiB), content.subarray(5 * MiB)], up.stream)
    const down = await libvirt.stream('storageVolDownload', { vol, offset: 0n, length: 0n, flags: 0 })
    assert.ok((await buffer(down.stream)).equals(content))
    const part = await libvirt.stream('storageVolDownload', { vol, offset: 4096n, length: 10n, flags: 0 })
    assert.ok((await buffer(part.stream)).equals(content.subarray(4096, 4106)))
    await libvirt.call('storagePoolDestroy', { pool })
  })

  test('holes travel as holes', async () => {
    const pool = await poolOf('sparse', join(images, '..'))
    const vol = await volumeOf(pool, 'holes.raw', 16 * MiB)
    const head = randomBytes(MiB)
    const tail = randomBytes(MiB)
    const sparse = { vol, offset: 0n, length: 0n, flags: constants.VIR_STORAGE_VOL_UPLOAD_SPARSE_STREAM }
    const up = await libvirt.stream('storageVolUpload', sparse, { sparse: true })
    await pipeline([head, new Hole(14 * MiB), tail], up.stream)
    const flags = constants.VIR_STORAGE_VOL_DOWNLOAD_SPARSE_STREAM
    const down = await libvirt.stream('storageVolDownload', { ...sparse, flags }, { sparse: true })
    const data: Buffer[] = []
    let holes = 0
    for await (const item of down.stream as AsyncIterable<Buffer | Hole>) {
      if (item instanceof Hole) holes += item.length
      else data.push(item)
    }
    assert.equal(holes, 14 * MiB)
    assert.ok(Buffer.concat(data).equals(Buffer.concat([head, tail])))
    await libvirt.call('storagePoolDestroy', { pool })
  })

  test('a slow reader slows its download and nothing else', async () => {
    const pool = await poolOf('slow', join(images, '..'))
    const vol = await volumeOf(pool, 'big.raw', 64 * MiB)
    const { stream } = await libvirt.stream('storageVolDownload', { vol, offset: 0n, length: 0n, flags: 0 })
    await once(stream, 'readable')
    for (let i = 0; i < 100; i++) await libvirt.host.hostname()
    assert.ok(stream.readableLength <= 8 * MiB)
    let bytes = 0
    for await (const chunk of stream as AsyncIterable<Buffer>) bytes += chunk.length
    assert.equal(bytes, 64 * MiB)
    await libvirt.call('storagePoolDestroy', { pool })
  })

  test('a download that is left early does not harm the daemon', async () => {
    const pool = await poolOf('left', join(images, '..'))
    const vol = await volumeOf(pool, 'left.raw', 64 * MiB)
    for (let i = 0; i < 5; i++) {
      const { stream } = await libvirt.stream('storageVolDownload', { vol, offset: 0n, length: 0n, flags: 0 })
      await once(stream, 'readable')
      stream.destroy()
      await once(stream, 'close')
    }
    assert.equal(await libvirt.host.hostname(), daemon.hostname)
    await libvirt.call('storagePoolDestroy', { pool })
  })
})
