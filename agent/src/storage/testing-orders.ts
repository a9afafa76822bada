/**
 * The same orders in each life: `node testing-orders.ts FOLDER SEED` makes a domain, connects, attaches, makes four volumes, grows one,
 * removes one. Ids come from the seed, so that a life which was killed is continued by the next. Prints `ready`, then where things are.
 */
import { createHash } from 'node:crypto'
import { storageBench, testVolume } from './testing.ts'

const [dir = '', seed = ''] = process.argv.slice(2)
const MiB = 1024 * 1024
const idOf = (what: string): string => {
  const hex = createHash('sha256').update(`${seed} ${what}`).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
const bench = await storageBench({}, dir)
process.stdout.write('ready\n')
const storageDomainId = idOf('domain')
const path = `${dir}/data/domain`
const connection = { type: 'localfs' as const, path }
const spm = { poolId: idOf('pool'), epoch: 1 }
await bench.run('storage.create', { storageDomainId, connection, type: 'data', name: 'x' })
await bench.run('storage.connect', { storageDomainId, connection })
await bench.run('storage.attach', {
  storageDomainId,
  spm,
  poolName: 'Default',
  role: 'Master',
  poolDomains: [storageDomainId],
})
const volumeOf = (name: string) => ({ storageDomainId, imageId: idOf(name), volumeId: idOf(`${name} volume`) })
const domain = { storageDomainId, path, spm }
for (const name of ['a', 'b', 'c', 'd']) {
  const format = name === 'a' || name === 'd' ? ('qcow2' as const) : ('raw' as const)
  const volume = volumeOf(name)
  // What an earlier life has grown or removed already is not made again with its first size.
  if (name === 'd') {
    await testVolume(bench, domain, { volume, format })
    await bench.run('image.remove', { storageDomainId, imageId: volume.imageId, spm, wipe: true })
    continue
  }
  await testVolume(bench, domain, { volume, format }).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'volume.exists')) throw error
  })
  await bench.run('volume.extend', { volume, spm, format, capacity: 16 * MiB, run: null })
  await bench.run('volume.describe', { volume, spm, alias: name, description: 'grown' })
}
process.stdout.write(`${JSON.stringify({ path, images: `${path}/${storageDomainId}/images` })}\n`)
await bench.close()
