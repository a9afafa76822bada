import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AddFenceAgent, UpdateFenceAgent } from '../../../engine/src/inventory/fence/types.ts'
import { agentProblems, emptyAgent, optionsOf, partsOfAgent } from './fence-agent.ts'

const id = '6f1c0a52-0000-4000-8000-000000009e77'

test('a fence agent that is described well is what the operations take; an empty password stays the kept one', () => {
  const draft = {
    ...emptyAgent,
    address: ' 10.0.0.9 ',
    port: '６２３',
    username: 'root',
    options: 'lanplus=1\ncipher = 3',
  }
  assert.deepEqual(agentProblems(draft), {})
  const made = AddFenceAgent.parse({ hostId: id, ...partsOfAgent({ ...draft, password: 'secret' }) })
  assert.deepEqual([made.address, made.port, made.options], ['10.0.0.9', 623, { lanplus: '1', cipher: '3' }])
  assert.ok(!('password' in UpdateFenceAgent.parse({ id, version: 1, ...partsOfAgent(draft) })))
})

test('what is wrong is named', () => {
  assert.deepEqual(agentProblems({ ...emptyAgent, type: 'IPMI', port: '0', position: '1.5', options: '=x' }), {
    type: 'type',
    address: 'addressMissing',
    port: 'port',
    position: 'position',
    options: 'options',
  })
  assert.equal(optionsOf('word'), undefined)
})
