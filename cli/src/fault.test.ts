import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RookeryError } from '@rookery/model'
import { PostgresError } from '@rookery/postgres'
import { exits, Fault, say } from './fault.ts'

test('every reason of a failure has an exit code of its own', () => {
  const codes = Object.values(exits)
  assert.equal(new Set(codes).size, codes.length)
})

test('a fault is said with its way out and leaves with its code', () => {
  const said = say(new Fault('address', 'Port 8443 is taken.', 'Choose another.'))
  assert.deepEqual(said, { exit: 5, code: 'cli.address', message: 'Port 8443 is taken.', todo: 'Choose another.' })
})

test('errors of the system become sentences with a way out', () => {
  assert.equal(say(Object.assign(new Error('write'), { code: 'ENOSPC' })).exit, exits.disk)
  assert.equal(say(Object.assign(new Error('mkdir'), { code: 'EACCES' })).exit, exits.needsRoot)
  assert.equal(say(new PostgresError('postgres.old_data', 'old')).exit, exits.database)
  assert.equal(say(new RookeryError('conflict', 'x.y', 'no')).code, 'x.y')
  assert.match(say(new TypeError('bug')).todo, /ROOKERY_DEBUG/)
})
