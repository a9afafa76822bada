import assert from 'node:assert/strict'
import { test } from 'node:test'
import { taskKinds } from '../src/index.ts'
import { createTestPki } from './pki.ts'
import type { Given } from './suite.ts'
import { refusal } from './world.ts'

/** Who gets in, and what a host says it is. */
export function tlsTests(given: Given): void {
  test('nobody without a certificate gets in', async () => {
    const { target } = given()
    const client = given().connect({ ...target.tls, cert: '', key: '' })
    await assert.rejects(client.facts(), refusal('unavailable', 'host.unreachable'))
  })

  test('a certificate of another CA does not get in', async () => {
    const { target } = given()
    const { engine } = await createTestPki()
    const client = given().connect({ ...target.tls, cert: engine.cert, key: engine.key })
    await assert.rejects(client.facts(), refusal('unavailable', 'host.unreachable'))
  })

  test('the host tells who it is, the same each time, and knows every task kind', async () => {
    const facts = await given().client.facts()
    assert.equal(facts.protocol, 1)
    assert.ok(facts.memory > 0 && facts.cpu.cores > 0)
    assert.notEqual(facts.acceleration.reason, '')
    assert.deepEqual(
      taskKinds.filter(kind => !facts.taskKinds.includes(kind)),
      [],
    )
    assert.deepEqual((await given().client.facts()).hostUuid, facts.hostUuid)
  })

  test('another machine than the expected one is not talked to', async () => {
    const { target, client } = given()
    const { hostUuid } = await client.facts()
    const { AgentClient } = await import('../src/client.ts')
    const other = new AgentClient({
      url: target.url,
      tls: target.tls,
      expectedHostUuid: '11111111-2222-4333-8444-555555555555',
    })
    const same = new AgentClient({ url: target.url, tls: target.tls, expectedHostUuid: hostUuid.toUpperCase() })
    try {
      await assert.rejects(other.facts(), refusal('conflict', 'host.other_machine'))
      assert.equal((await same.facts()).hostUuid, hostUuid)
    } finally {
      await Promise.all([other.close(), same.close()])
    }
  })
}
