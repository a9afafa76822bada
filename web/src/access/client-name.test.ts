import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clientName } from './client-name.ts'

test('a user agent is shown as people call the browser, and a program by its own name', () => {
  const chrome = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36'
  assert.equal(clientName(chrome), 'Chrome 156, Linux')
  assert.equal(clientName(`${chrome} Edg/156.0`), 'Edge 156, Linux')
  assert.equal(
    clientName('Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0'),
    'Firefox 140, Windows',
  )
  assert.equal(clientName('PythonSDK/4.6.3'), 'PythonSDK/4.6.3')
  assert.equal(clientName(''), undefined)
  assert.equal(clientName('<script>'), undefined)
})
