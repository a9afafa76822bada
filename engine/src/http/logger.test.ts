import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RookeryError, unavailable } from '@rookery/model'
import { redact } from '../core/redact.ts'
import { asRookeryError, errorBody } from './errors.ts'
import { redactText } from './logger.ts'
import { shownPath } from './requests.ts'

test('values whose names sound like secrets are replaced, however deep', () => {
  assert.deepEqual(
    redact({ user: 'a', rootPassword: 'x', deep: [{ private_key: 'y', token: null, hasPassword: true }] }),
    {
      user: 'a',
      rootPassword: '***',
      deep: [{ private_key: '***', token: null, hasPassword: true }],
    },
  )
})

test('secrets in text are replaced', () => {
  assert.equal(redactText('grant_type=password&password=hunter2&x=1'), 'grant_type=password&password=***&x=1')
  assert.equal(redactText('Authorization: Bearer abc.def-ghi'), 'Authorization: Bearer ***')
  assert.equal(redactText('postgres://rookery:hunter2@db/x'), 'postgres://rookery:***@db/x')
})

test('paths are shown without queries and tickets', () => {
  assert.equal(shownPath('/ovirt-engine/sso/oauth/token?password=x'), '/ovirt-engine/sso/oauth/token')
  assert.equal(shownPath('/images/6f0f5a5c-2b9c'), '/images/***')
})

test('clients are told what they can use, and nothing of what went wrong inside', () => {
  const inside = asRookeryError(new TypeError('secret of /etc/rookery'))
  assert.deepEqual(Object.keys(errorBody(inside).error).sort(), ['code', 'kind', 'message'])
  assert.ok(!JSON.stringify(errorBody(inside)).includes('secret'))
  const told = errorBody(
    unavailable('host.unreachable', 'The host does not answer.', { detail: { token: 't', call: 'x' } }),
  )
  assert.deepEqual((told.error as RookeryError).detail, { token: '***', call: 'x' })
})
