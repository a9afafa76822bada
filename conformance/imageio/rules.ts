import assert from 'node:assert/strict'
import type { Report } from '../harness/report.ts'
import type { Answer, Https } from '../net/https.ts'
import { exchange } from '../net/raw-tls.ts'
import { ImageCalls, optionsOf } from './client.ts'
import type { Tickets } from './tickets.ts'

const MiB = 1024 ** 2
const size = 8 * MiB

const refused = (answer: Answer, status: number) => {
  assert.equal(answer.status, status, `${answer.status} in place of ${status}: ${answer.text.slice(0, 200)}`)
  assert.match(String(answer.headers['content-type'] ?? ''), /^text\/plain/)
  assert.ok(answer.text.trim().length > 0, 'the body explains it in a line')
}

/** The data protocol's small print: ranges, orders, refusals, CORS (fact sheet section 4). */
export async function ruleChecks(report: Report, http: Https, tickets: Tickets): Promise<void> {
  const up = await report.check('a ticket for an upload can be had', () =>
    tickets.upload({ diskFormat: 'raw', format: 'raw', size }),
  )
  if (up === undefined) return
  const calls = new ImageCalls(http, up.url)
  const origin = new URL(up.url).origin
  let diskIsThere = true
  try {
    await writing(report, http, calls, origin)
    await reading(report, calls, 'upload')
    await ending(report, http, calls)
    await report.check('a finished transfer is closed to its ticket', async () => {
      await up.finish()
      refused(await calls.call({ method: 'OPTIONS' }), 403)
      refused(await calls.get(0, 10), 403)
    })
    const down = await report.check('a ticket for a download can be had', () => tickets.download(up.diskId, 'raw'))
    if (down !== undefined) {
      const only = new ImageCalls(http, down.url)
      await report.check('a download offers no writing, and refuses it', async () => {
        const answer = await only.call({ method: 'OPTIONS' })
        assert.equal(answer.headers['allow'], 'OPTIONS,GET')
        assert.deepEqual([...optionsOf(answer).features].toSorted(), ['checksum', 'extents'])
        refused(await only.put(0, Buffer.from('x')), 403)
        refused(await only.zero(0, 512), 403)
        refused(await only.flush(), 403)
      })
      await reading(report, only, 'download')
      await down.finish()
    }
    const gone = await tickets.upload({ diskFormat: 'raw', format: 'raw', size })
    await report.check('a cancelled transfer is closed to its ticket', async () => {
      await gone.cancel()
      refused(await new ImageCalls(http, gone.url).call({ method: 'OPTIONS' }), 403)
    })
    await tickets.remove(gone.diskId)
    await tickets.remove(up.diskId)
    diskIsThere = false
  } finally {
    if (diskIsThere) await tickets.remove(up.diskId).catch(() => undefined) // the checks have said what is wrong
  }
}

async function writing(report: Report, http: Https, calls: ImageCalls, origin: string): Promise<void> {
  await report.check('OPTIONS tells methods, features and how many may work at once', async () => {
    const answer = await calls.call({ method: 'OPTIONS' })
    assert.equal(answer.status, 200)
    assert.match(String(answer.headers['content-type']), /^application\/json/)
    assert.equal(answer.headers['allow'], 'OPTIONS,GET,PUT,PATCH')
    const said = optionsOf(answer)
    assert.deepEqual([...said.features].toSorted(), ['checksum', 'extents', 'flush', 'zero'])
    assert.deepEqual([said.maxReaders, said.maxWriters], [8, 8])
  })
  await report.check('OPTIONS of * describes the server, without a ticket and without limits', async () => {
    const answer = await http.call(`${origin}/images/*`, { method: 'OPTIONS' })
    assert.equal(answer.status, 200, answer.text)
    assert.equal(answer.headers['allow'], 'OPTIONS,GET,PUT,PATCH')
    const said = optionsOf(answer)
    assert.deepEqual([...said.features].toSorted(), ['checksum', 'extents', 'flush', 'zero'])
    assert.deepEqual([said.maxReaders, said.maxWriters], [undefined, undefined])
  })
  await report.check('/info/ and the list of checksums need no ticket', async () => {
    const info = await http.call(`${origin}/info/`)
    assert.equal(info.status, 200)
    assert.match(info.text, /"version":\s*"2\./)
    const sums = await http.call(`${calls.url}/checksum/algorithms`)
    assert.equal(sums.status, 200)
    assert.match(sums.text, /"algorithms":\s*\[[^\]]*"blake2b"/)
  })
  await report.check('PUT with and without a range, zeros over it, and flush', async () => {
    const bytes = Buffer.alloc(MiB, 'rookery')
    assert.equal((await calls.call({ method: 'PUT', body: bytes })).status, 200)
    assert.equal((await calls.put(2 * MiB, bytes)).status, 200)
    assert.equal(
      (
        await calls.call(
          { method: 'PUT', body: bytes, headers: { 'content-range': `bytes ${4 * MiB}-*/*` } },
          '?flush=y',
        )
      ).status,
      200,
    )
    assert.equal((await calls.zero(2 * MiB, MiB / 2)).status, 200)
    assert.equal((await calls.zero(6 * MiB, MiB, true)).status, 200)
    assert.equal((await calls.patch({ op: 'zero', size: 512 })).status, 200)
    assert.equal((await calls.flush()).status, 200)
    const [begin, middle] = [(await calls.get(0, MiB)).body, (await calls.get(2 * MiB, MiB)).body]
    assert.deepEqual(begin.subarray(0, 512), Buffer.alloc(512))
    assert.ok(begin.subarray(512).equals(bytes.subarray(512)))
    assert.ok(middle.subarray(0, MiB / 2).equals(Buffer.alloc(MiB / 2)))
    assert.ok(middle.subarray(MiB / 2).equals(bytes.subarray(MiB / 2)))
    assert.ok((await calls.get(4 * MiB, MiB)).body.equals(bytes))
  })
  await report.check('PUT past the end is 416, with the size; a broken range is 400', async () => {
    for (const at of [size, size - 10, 2 ** 50]) {
      const answer = await calls.put(at, Buffer.alloc(20))
      refused(answer, 416)
      assert.equal(answer.headers['content-range'], `bytes */${size}`)
    }
    refused(await calls.call({ method: 'PUT', body: 'x', headers: { 'content-range': 'bytes nonsense' } }), 400)
    refused(await calls.call({ method: 'PUT', body: 'x' }, '?flush=maybe'), 400)
  })
  await report.check('PUT without Content-Length is 400, and so is a body that is too short', async () => {
    const url = new URL(calls.url)
    const head = `PUT ${url.pathname} HTTP/1.1\r\nHost: ${url.host}\r\n`
    assert.match(await exchange(calls.url, http.ca, `${head}\r\n`), /^HTTP\/1\.1 400 /)
    assert.match(
      await exchange(calls.url, http.ca, `${head}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`),
      /^HTTP\/1\.1 400 /,
    )
  })
  await report.check('Expect: 100-continue, as curl asks before a large body', async () => {
    const url = new URL(calls.url)
    const said = await exchange(
      calls.url,
      http.ca,
      `PUT ${url.pathname}?flush=n HTTP/1.1\r\nHost: ${url.host}\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello`,
    )
    assert.match(said, /^HTTP\/1\.1 (?:100 Continue\r\n(?:[^\r\n]+\r\n)*\r\nHTTP\/1\.1 200 |200 )/)
  })
  await report.check('orders that are none are 400', async () => {
    for (const body of [
      '',
      '{',
      '[]',
      'null',
      '{"op":"nonsense"}',
      '{"op":"zero"}',
      '{"op":"zero","size":"512"}',
      '{"op":"zero","size":512,"offset":-1}',
      '{"op":"zero","size":1.5}',
      '{"op":"zero","size":512,"flush":"yes"}',
    ])
      refused(await calls.call({ method: 'PATCH', body, headers: { 'content-type': 'application/json' } }), 400)
    refused(await calls.zero(size - 10, 20), 416)
  })
  await report.check('CORS for uploads from a browser', async () => {
    const preflight = await calls.call({
      method: 'OPTIONS',
      headers: {
        origin: 'https://example.com',
        'access-control-request-method': 'PUT',
        'access-control-request-headers': 'content-range',
      },
    })
    assert.equal(preflight.status, 200)
    assert.equal(preflight.headers['access-control-allow-origin'], '*')
    assert.equal(preflight.headers['access-control-allow-headers'], '*')
    assert.equal(preflight.headers['access-control-allow-methods'], 'OPTIONS,GET,PUT')
    assert.equal(preflight.headers['access-control-max-age'], '86400')
    const put = await calls.call({ method: 'PUT', body: 'x', headers: { origin: 'https://example.com' } })
    assert.equal(put.headers['access-control-allow-origin'], '*')
    const plain = await calls.call({ method: 'OPTIONS' })
    assert.equal(plain.headers['access-control-allow-origin'], undefined)
  })
}

async function reading(report: Report, calls: ImageCalls, kind: string): Promise<void> {
  await report.check(`GET of the whole, of a part and of the rest (${kind})`, async () => {
    const whole = await calls.call({})
    assert.equal(whole.status, 200)
    assert.equal(whole.headers['content-length'], String(size))
    assert.match(String(whole.headers['content-type']), /^application\/octet-stream/)
    assert.match(String(whole.headers['content-disposition']), /^attachment/)
    const part = await calls.get(MiB, 10)
    assert.equal(part.status, 206)
    assert.equal(part.headers['content-range'], `bytes ${MiB}-${MiB + 9}/${size}`)
    assert.equal(part.headers['content-length'], '10')
    assert.ok(part.body.equals(whole.body.subarray(MiB, MiB + 10)))
    const rest = await calls.call({ headers: { range: `bytes=${size - 100}-` } })
    assert.equal(rest.status, 206)
    assert.equal(rest.body.length, 100)
  })
  await report.check(`ranges that cannot be are 416, with the size (${kind})`, async () => {
    for (const range of [`bytes=0-${size}`, 'bytes=-10', 'bytes=20-10', 'bytes=0-1,4-5']) {
      const answer = await calls.call({ headers: { range } })
      assert.equal(answer.status, 416, `${range}: ${answer.status}`)
      assert.equal(answer.headers['content-range'], `bytes */${size}`)
    }
  })
  await report.check(`extents of the kinds that there are, and of others (${kind})`, async () => {
    const extents = await calls.extents()
    assert.equal(
      extents.reduce((sum, each) => sum + each.length, 0),
      size,
    )
    refused(await calls.call({}, '/extents?context=dirty'), 404)
    refused(await calls.call({}, '/extents?context=nonsense'), 400)
  })
  await report.check(`the checksum, its block size and algorithm (${kind})`, async () => {
    const answer = await calls.call({}, `/checksum?algorithm=blake2b&block_size=${4 * MiB}`)
    assert.equal(answer.status, 200, answer.text)
    assert.match(answer.text, /"checksum":\s*"[0-9a-f]{64}"/)
    assert.match(answer.text, new RegExp(`"block_size":\\s*${4 * MiB}`))
    for (const query of ['algorithm=nonsense', 'block_size=4095', 'block_size=nonsense', `block_size=${32 * MiB}`])
      refused(await calls.call({}, `/checksum?${query}`), 400)
  })
}

async function ending(report: Report, http: Https, calls: ImageCalls): Promise<void> {
  await report.check('methods that there are not are 405', async () => {
    for (const method of ['DELETE', 'POST', 'HEAD']) assert.equal((await calls.call({ method })).status, 405, method)
  })
  await report.check('an unknown ticket is 403, and the connection ends', async () => {
    for (const ticket of [crypto.randomUUID(), 'nonsense']) {
      const answer = await http.call(`${new URL(calls.url).origin}/images/${ticket}`)
      refused(answer, 403)
      assert.equal(answer.headers['connection'], 'close')
    }
  })
  await report.check('a path without a ticket is refused', async () => {
    const answer = await http.call(`${new URL(calls.url).origin}/images/`, { method: 'OPTIONS' })
    assert.ok([400, 403, 404].includes(answer.status), String(answer.status))
  })
}
