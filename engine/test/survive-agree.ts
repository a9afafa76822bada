import assert from 'node:assert/strict'
import type { World } from './survive-world.ts'
import { until } from './until.ts'

/** Each list names what one side has and the other does not know of, in words for the one who reads a failed test. */
type Differences = string[]

/**
 * Waits until the hosts have what the engine says they have, and nothing else: runs, volumes, image tickets, storage domains and
 * their data centers. Both sides tell each other within moments; what differs after the deadline differs for good.
 */
export async function agree(world: World, timeoutMs = 60_000): Promise<void> {
  let left: Differences = []
  const same = async () => {
    left = await differences(world)
    return left.length === 0
  }
  await until(same, { timeoutMs, everyMs: 50 }).catch(() => assert.deepEqual(left, [], 'engine and hosts disagree'))
}

async function differences(world: World): Promise<Differences> {
  const { domains, tickets } = await world.simulator.storage()
  const hosts = await Promise.all(Array.from({ length: world.simulator.hosts }, (_, n) => world.simulator.look(n)))
  const { sql } = world
  return [
    ...(await ofRuns(
      world,
      hosts.flatMap(host => host.runs.map(run => run.runId)),
    )),
    ...(await ofDomains(world, domains)),
    ...(await ofVolumes(
      world,
      domains.flatMap(domain => domain.volumes),
    )),
    ...compare(
      'image ticket',
      tickets,
      (await sql<{ ticket: string }>`select ticket from image_transfer where ended_at is null`).map(t => t.ticket),
      [],
    ),
  ]
}

/** What `found` has beside `known`, and what it lacks of `needed`. */
function compare(
  what: string,
  found: readonly string[],
  known: readonly string[],
  needed: readonly string[],
): Differences {
  return [
    ...found.filter(id => !known.includes(id)).map(id => `stray ${what} ${id} on the hosts`),
    ...needed.filter(id => !found.includes(id)).map(id => `${what} ${id} is missing on the hosts`),
  ]
}

async function ofRuns({ sql }: World, found: string[]): Promise<Differences> {
  const known = (await sql<{ id: string }>`select id from vm_run`).map(run => run.id)
  return compare('run', found, known, known)
}

async function ofDomains(
  { sql }: World,
  found: { storageDomainId: string; poolId: string | null }[],
): Promise<Differences> {
  const rows = await sql<{ id: string; dataCenterId: string | null }>`
    select id, data_center_id from storage_domain where status <> 'locked'`
  const word = (id: string, pool: string | null) => `${id} of data center ${pool ?? 'none'}`
  const known = rows.map(row => word(row.id, row.dataCenterId))
  return compare(
    'storage domain',
    found.map(domain => word(domain.storageDomainId, domain.poolId)),
    known,
    known,
  )
}

async function ofVolumes(
  { sql }: World,
  volumes: { ref: { imageId: string }; legal: boolean; capacity: number }[],
): Promise<Differences> {
  const disks = await sql<{ imageId: string; status: string; capacity: number }>`
    select image_id, status, capacity from disk`
  const saved = await sql<{ imageId: string }>`
    select suspended_volume ->> 'imageId' as image_id from vm where suspended_volume is not null`
  const ok = disks.filter(disk => disk.status === 'ok')
  const unlike = ok.flatMap(disk => {
    const volume = volumes.find(each => each.ref.imageId === disk.imageId)
    if (volume === undefined) return []
    return [
      ...(volume.legal ? [] : [`the volume of disk ${disk.imageId}, which is ok, is illegal`]),
      // One that is larger than its row says is what an extension leaves that failed after it.
      ...(volume.capacity >= disk.capacity
        ? []
        : [`the volume of disk ${disk.imageId} has ${volume.capacity} bytes, its row says ${disk.capacity}`]),
    ]
  })
  return [
    ...compare(
      'volume',
      volumes.map(volume => volume.ref.imageId),
      [...disks, ...saved].map(each => each.imageId),
      [...ok, ...saved].map(each => each.imageId),
    ),
    ...unlike,
  ]
}
