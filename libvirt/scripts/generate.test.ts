import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { generate } from './generate.ts'

const tree = process.env['LIBVIRT_SOURCE']

test('the generated files are what the libvirt source gives', {
  skip: tree ? false : 'LIBVIRT_SOURCE names no libvirt source tree',
}, () => {
  for (const [name, text] of generate(tree ?? '')) {
    const checkedIn = readFileSync(join(import.meta.dirname, '..', 'src', 'generated', name), 'utf8')
    assert.equal(checkedIn, text, `${name} is stale: run scripts/generate.ts`)
  }
})
