/**
 * Sends every hostile image through a transfer and the verification, as a person would upload it, and prints what came of each as JSON.
 * A program of its own, so that a test can watch every file that it and its children open: `node testing-hostile.ts CANARY`.
 */
import { truncate } from 'node:fs/promises'
import { RookeryError } from '@rookery/model'
import type { VolumeInfo } from '@rookery/protocol'
import { storageBench, testDomain, testTicket, testVolume } from './testing.ts'
import { hostileImages } from './testing-images.ts'

const canary = process.argv[2] ?? ''
const capacity = 2 * 1024 * 1024
const bench = await storageBench()
const outcomes: Record<string, { verify: string; extend: string; read: string }> = {}
try {
  const domain = await testDomain(bench)
  const { spm } = domain
  const attempt = async (work: () => Promise<unknown>): Promise<string> => {
    try {
      const result = await work()
      return typeof result === 'string' ? result : `ok ${(result as VolumeInfo).capacity}`
    } catch (error) {
      return error instanceof RookeryError ? error.code : String(error)
    }
  }
  for (const image of hostileImages(canary)) {
    const { format } = image
    // The largest one is for a disk that is smaller; the upload is cut by hand then, as if an older engine had let it through.
    const volume = await testVolume(bench, domain, { capacity: Math.max(capacity, image.bytes.length), format })
    const size = 16 * 1024 * 1024
    const { url, ticket } = await testTicket(bench, domain, volume, { format, size })
    const put = await fetch(url, { method: 'PUT', body: new Uint8Array(image.bytes) })
    if (put.status !== 200) throw new Error(`${image.name}: upload answered ${put.status}`)
    await bench.run('image.ticket.end', { ticket })
    const file = `${domain.path}/${volume.storageDomainId}/images/${volume.imageId}/${volume.volumeId}`
    if (format === 'qcow2') await truncate(file, image.bytes.length)
    const verify = await attempt(() => bench.run('volume.verify', { volume, spm, format, capacity }))
    const extend = await attempt(() =>
      bench.run('volume.extend', { volume, spm, format, capacity: 4 * capacity, run: null }),
    )
    const read = await attempt(async () => {
      const reading = await testTicket(bench, domain, volume, { format, ops: 'read', serve: 'raw', size: 4 * capacity })
      const got = await fetch(reading.url)
      const text = Buffer.from(await got.arrayBuffer()).toString('latin1')
      await fetch(`${reading.url}/extents`)
      await bench.run('image.ticket.end', { ticket: reading.ticket })
      return text.includes('CANARY CONTENT') ? 'LEAKED' : `status ${got.status}`
    })
    outcomes[image.name] = { verify, extend, read }
  }
} finally {
  await bench.close()
}
process.stdout.write(JSON.stringify(outcomes))
