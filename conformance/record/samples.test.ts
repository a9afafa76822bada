import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { readIndex, shortened, updateIndex, writeSamples } from './samples.ts'
import type { Exchange } from './tee.ts'

const folder = await mkdtemp(join(tmpdir(), 'rookery-samples.'))
after(() => rm(folder, { recursive: true, force: true }))

const exchange = (start: string, status: number, body: string, sent = ''): Exchange => ({
  request: {
    start: `${start} HTTP/1.1`,
    headers: [
      ['authorization', 'Bearer abc'],
      ['host', 'x'],
    ],
    body: Buffer.from(sent),
  },
  response: { start: `HTTP/1.1 ${status} X`, headers: [['content-type', 'application/xml']], body: Buffer.from(body) },
})

test('one sample is kept of each kind, the one that says most, without its secrets', async () => {
  const samples = await writeSamples(folder, 'sdk', [
    exchange('GET /ovirt-engine/api/vms/11111111-2222-4333-8444-555555555555', 200, '<vm/>'),
    exchange('GET /ovirt-engine/api/vms/11111111-2222-4333-8444-666666666666', 200, '<vm><name>long</name></vm>'),
    exchange('GET /ovirt-engine/api/vms/x', 404, '<fault/>'),
    exchange('GET /images/11111111-2222-4333-8444-666666666666', 200, 'bytes'),
  ])
  assert.deepEqual(
    samples.map(each => [each.method, each.path, each.status]),
    [
      ['GET', '/ovirt-engine/api/vms/{id}', 200],
      ['GET', '/ovirt-engine/api/vms/{id}', 404],
    ],
  )
  const [first] = samples
  assert.ok(first)
  assert.equal(await readFile(join(folder, first.response), 'utf8'), '<vm><name>long</name></vm>\n')
  assert.match(await readFile(join(folder, first.request), 'utf8'), /^authorization: Bearer SECRET$/m)
})

test("a client's lines of the index replace its old ones and leave the others", async () => {
  const line = { method: 'GET', path: '/a', status: 200, request: 'r', response: 's' }
  await updateIndex(folder, 'one', [{ ...line, client: 'one' }])
  await updateIndex(folder, 'two', [{ ...line, client: 'two' }])
  await updateIndex(folder, 'one', [{ ...line, path: '/b', client: 'one' }])
  assert.deepEqual(
    (await readIndex(folder)).map(each => [each.client, each.path]),
    [
      ['two', '/a'],
      ['one', '/b'],
    ],
  )
})

test('a long list is cut between its children', () => {
  const list =
    '<?xml version="1.0"?>\n<vms><vm id="1"><name>a</name><tags/></vm><vm id="2"/><vm id="3"><name>c</name></vm></vms>'
  assert.equal(shortened(list, 1000), list)
  assert.equal(shortened(list, 50), '<?xml version="1.0"?>\n<vms><vm id="1"><name>a</name><tags/></vm></vms>')
  assert.equal(
    shortened(list, 70),
    '<?xml version="1.0"?>\n<vms><vm id="1"><name>a</name><tags/></vm><vm id="2"/></vms>',
  )
})
