import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withSettings } from './settings-file.ts'

test('settings of the machine stay, but for those that are ours; again changes nothing', () => {
  const before = '# a comment\nmax_clients = 7\nlisten_tls = 0\n'
  const once = withSettings(before, { listen_tls: 1, ca_file: '/etc/"x"' })
  assert.equal(
    once,
    [
      '# a comment',
      'max_clients = 7',
      '# listen_tls = 0',
      '# Written by Rookery: begin. What it replaces stands above as a comment.',
      'listen_tls = 1',
      'ca_file = "/etc/\\"x\\""',
      '# Written by Rookery: end',
      '',
    ].join('\n'),
  )
  assert.equal(withSettings(once, { listen_tls: 1, ca_file: '/etc/"x"' }), once)
  assert.match(
    withSettings(once, { listen_tls: 0 }),
    /max_clients = 7\n# listen_tls = 0\n# Written.*\nlisten_tls = 0\n/,
  )
  assert.match(withSettings('', { a: 1 }), /^# Written/)
})
