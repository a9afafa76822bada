import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { randomUUID } from 'node:crypto'
import assert from 'node:assert/strict'
import { text } from 'node:stream/consumers'
import type { DomainSpec, VolumeRef } from '../src/index.ts'
import { MiB, type World } from './world.ts'

/** A bootable volume: the target's image, uploaded and verified, or an empty one where guests are pretended. */
export async function bootDisk(world: World): Promise<{ volume: VolumeRef; format: 'raw' | 'qcow2' }> {
  const { disk } = world.guest
  if (disk === null) return { volume: await world.volume({ format: 'qcow2' }), format: 'qcow2' }
  const { file, format, capacity } = disk
  const volume = await world.volume({ format, capacity })
  const { size } = await stat(file)
  const ticket = randomUUID()
  await world.run({
    kind: 'image.ticket',
    volume,
    spm: world.spm,
    ticket,
    ops: 'write',
    format,
    serve: 'volume',
    size: Math.max(size, capacity + 16 * MiB),
    expiresInSeconds: 600,
    inactivityTimeoutSeconds: 60,
    filename: null,
  })
  const answer = await world.client.images(ticket, {
    method: 'PUT',
    headers: { 'content-length': String(size) },
    body: createReadStream(file),
  })
  assert.equal(answer.status, 200, await text(answer.body))
  await world.run({ kind: 'image.ticket.end', ticket })
  await world.run({ kind: 'volume.verify', volume, spm: world.spm, format, capacity })
  return { volume, format }
}

/** Gives a guest to a test: a disk and a specification, and takes both away however the test ends. */
export async function withGuest(
  world: World,
  change: Partial<DomainSpec>,
  work: (spec: DomainSpec) => Promise<void>,
): Promise<void> {
  const { volume, format } = await bootDisk(world)
  const spec = world.spec(volume, format, change)
  world.watch()
  try {
    await work(spec)
  } finally {
    await world.run({ kind: 'vm.destroy', vmId: spec.vmId, runId: spec.runId })
    await world.removeImage(volume)
  }
}

/** Skips a test of guests where the target has none. */
export function withoutGuests(world: World, t: { skip(reason: string): void }): boolean {
  if (world.target.guest !== undefined && world.target.powers?.guests !== false) return false
  t.skip('this target runs no guests')
  return true
}
