import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import type { Task } from '../src/index.ts'
import type { Given } from './suite.ts'
import { refusal, request } from './world.ts'

const day = 24 * 3600 * 1000

/** A task that is content wherever it is done. */
const harmless = (): Task => ({ kind: 'network.remove', networkId: randomUUID() })

/** Ids, waiting, cancelling, forgetting. */
export function taskTests(given: Given): void {
  test('a field that the host does not know is refused, and so is an unknown kind', async () => {
    const { client } = given()
    const put = (task: object) => client.putTask(randomUUID(), request(task as Task))
    await assert.rejects(put({ ...harmless(), hint: 1 }), refusal('invalid'))
    await assert.rejects(put({ kind: 'vm.fly' }), refusal('invalid'))
    await assert.rejects(put({ kind: 'network.remove', networkId: 'ovirtmgmt' }), refusal('invalid'))
  })

  test('the same id is the same task: done once, and its end is told again', async () => {
    const { client } = given()
    const id = randomUUID()
    const first = await given().end(harmless(), id)
    assert.deepEqual(await client.putTask(id, request(harmless())), first)
    assert.deepEqual(await client.task(id), first)
    assert.deepEqual(await client.task(id.toUpperCase(), 1), first)
  })

  test('a task that failed says why, again and again', async () => {
    const id = randomUUID()
    const task: Task = { kind: 'vm.resume', vmId: randomUUID(), runId: randomUUID() }
    await assert.rejects(given().end(task, id), refusal('notFound'))
    const state = await given().client.task(id)
    assert.equal(state.state, 'failed')
    await assert.rejects(given().end(task, id), refusal('notFound'))
  })

  test('an id that was never seen is not found', async () => {
    await assert.rejects(given().client.task(randomUUID()), refusal('notFound'))
  })

  test('waiting for a task that has ended takes no time', async () => {
    const id = randomUUID()
    await given().end(harmless(), id)
    const began = performance.now()
    await given().client.task(id, 20)
    assert.ok(performance.now() - began < 10_000)
  })

  test('a cancelled id that was never seen is closed: a late request revives nothing', async () => {
    const { client } = given()
    const id = randomUUID()
    assert.equal((await client.cancelTask(id)).state, 'cancelled')
    assert.equal((await client.cancelTask(id)).state, 'cancelled')
    await assert.rejects(client.putTask(id, request(harmless())), refusal('conflict', 'task.gone'))
    assert.equal((await client.task(id)).state, 'cancelled')
  })

  test('cancelling a task that has ended changes nothing', async () => {
    const id = randomUUID()
    const end = await given().end(harmless(), id)
    assert.deepEqual(await given().client.cancelTask(id), end)
    assert.deepEqual(await given().client.task(id), end)
  })

  test('a cancelled task ends cancelled, or had ended before; its id stays what it became', async () => {
    const { client } = given()
    await given().storage()
    const id = randomUUID()
    const volume = given().newVolume()
    await client.putTask(id, request(given().volumeCreate(volume)))
    await client.cancelTask(id)
    const state = await given().settled(id)
    if (state.state === 'cancelled')
      await assert.rejects(client.putTask(id, request(given().volumeCreate(volume))), refusal('conflict', 'task.gone'))
    else assert.equal(state.state, 'finished')
    await given().removeImage(volume)
  })

  test('a task of a job of more than 7 days ago is refused, one of 6 days is done', async () => {
    const { client } = given()
    const old = client.putTask(randomUUID(), request(harmless(), Date.now() - 8 * day))
    await assert.rejects(old, refusal('conflict', 'task.gone'))
    const id = randomUUID()
    await client.runTask(id, request(harmless(), Date.now() - 6 * day))
  })

  test('acknowledged ends are still known, and unknown ids in an acknowledgement do no harm', async () => {
    const { client } = given()
    const id = randomUUID()
    const end = await given().end(harmless(), id)
    await client.acknowledge([id, randomUUID()])
    assert.deepEqual(await client.task(id), end)
    assert.deepEqual(await client.putTask(id, request(harmless())), end)
  })

  test('many tasks at once all come to their end', async () => {
    const ends = await Promise.all(Array.from({ length: 12 }, () => given().end(harmless())))
    assert.equal(new Set(ends.map(e => `${e.incarnation}/${e.seq}`)).size, 12)
  })
}
