import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RookeryError } from '@rookery/model'
import { decode } from './decode.ts'
import { encodeJson, encodeJsonList, encodeXml, encodeXmlList } from './encode.ts'
import { typeInfo } from './fields.ts'
import { type TypeName, typeTable } from './types.ts'

const refused = (code: string) => (e: unknown) => e instanceof RookeryError && e.kind === 'invalid' && e.code === code

test('every type of the table parses', () => {
  for (const name of Object.keys(typeTable) as TypeName[]) assert.ok(typeInfo(name).tag)
})

test('a VM as the SDK writes it is read with kinds', () => {
  const vm = decode(
    'Vm',
    'xml',
    '<vm><name>a &amp; b</name><memory>1073741824</memory><stateless>TRUE</stateless><cpu><topology><cores>2</cores></topology></cpu><os><boot><devices><device>cdrom</device><device>hd</device></devices></boot></os><cluster id="5"/><template><name>Blank</name></template><unknown><x/></unknown></vm>',
  )
  assert.deepEqual(vm, {
    name: 'a & b',
    memory: 1073741824,
    stateless: true,
    cpu: { topology: { cores: 2 } },
    os: { boot: { devices: ['cdrom', 'hd'] } },
    cluster: { id: '5' },
    template: { name: 'Blank' },
  })
})

test('the same VM is read from JSON with text or native values, wrapped or direct lists', () => {
  const expected = { memory: 5, stateless: false, os: { boot: { devices: ['hd'] } } }
  assert.deepEqual(
    decode('Vm', 'json', '{"memory":"5","stateless":"false","os":{"boot":{"devices":{"device":["hd"]}}}}'),
    expected,
  )
  assert.deepEqual(decode('Vm', 'json', '{"memory":5,"stateless":false,"os":{"boot":{"devices":["hd"]}}}'), expected)
})

test('hostile documents are refused with a reason', () => {
  assert.throws(() => decode('Vm', 'xml', '<!DOCTYPE x [<!ENTITY a "b">]><vm>&a;</vm>'), refused('xml.doctype'))
  assert.throws(() => decode('Vm', 'xml', '<vm>&a;</vm>'), refused('xml.malformed'))
  assert.throws(() => decode('Vm', 'xml', '<vm>'.repeat(100)), refused('xml.depth'))
  assert.throws(() => decode('Vm', 'xml', `<vm>${'<a/>'.repeat(30_000)}</vm>`), refused('xml.elements'))
  assert.throws(() => decode('Vm', 'xml', '<disk/>'), refused('wire.wrong_root'))
  assert.throws(() => decode('Vm', 'xml', '<vm><memory>lots</memory></vm>'), refused('wire.invalid_value'))
  assert.throws(() => decode('Vm', 'xml', '<vm><type>toaster</type></vm>'), refused('wire.invalid_value'))
  assert.throws(() => decode('Vm', 'json', '{"cpu":7}'), refused('wire.invalid_value'))
  assert.throws(() => decode('Vm', 'json', '{'), refused('json.malformed'))
})

test('ids and hrefs are attributes, lists keep their wrapper, hostile text is escaped', () => {
  assert.equal(
    encodeXmlList('Vm', 'vms', 'vm', [
      { id: '1', href: '/v/1', name: '<b>&"\u0000', memory: 3, link: { nics: '/v/1/nics' } },
    ]),
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<vms><vm href="/v/1" id="1"><link href="/v/1/nics" rel="nics"/><memory>3</memory><name>&lt;b&gt;&amp;"</name></vm></vms>',
  )
  assert.ok(String(encodeXmlList('Vm', 'vms', 'vm', [])).endsWith('<vms/>'))
  assert.equal(encodeJsonList('Vm', 'vm', []), '{}')
})

test('empty strings are written only where clients need them', () => {
  assert.match(
    encodeXml('Host', { os: { custom_kernel_cmdline: '' }, address: '' }),
    /<os><custom_kernel_cmdline><\/custom_kernel_cmdline><\/os>/,
  )
  assert.doesNotMatch(encodeXml('Host', { address: '' }), /address/)
})

test('JSON writes integers and booleans as text, decimals and dates as numbers', () => {
  const json = JSON.parse(encodeJson('Vm', { memory: 5, stateless: true, creation_time: new Date(1000) }))
  assert.deepEqual(json, { memory: '5', stateless: 'true', creation_time: 1000 })
  assert.deepEqual(JSON.parse(encodeJson('Value', { datum: 1.5 })), { datum: 1.5 })
})

test('what is written as XML is read back the same', () => {
  const vm = {
    id: '1',
    name: 'x',
    memory: 1,
    delete_protected: false,
    display: { type: 'vnc', monitors: 1 },
    nics: [{ id: 'n', name: 'eth0' }],
  }
  assert.deepEqual(decode('Vm', 'xml', encodeXml('Vm', vm)), vm)
})
