import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import {
  type StorageBench,
  storageBench,
  type TestDomain,
  testDomain,
  testTicket,
  testVolume,
} from '../storage/testing.ts'

const MiB = 1024 * 1024
const size = 8 * MiB

/** A bare connection: sends text, collects what comes. */
class Bare {
  received = ''
  closed = false
  readonly socket: Socket
  constructor(url: string) {
    const { hostname, port } = new URL(url)
    this.socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true })
    this.socket.on('data', chunk => {
      this.received += chunk.toString('latin1')
    })
    this.socket.on('close', () => {
      this.closed = true
    })
    this.socket.on('end', () => this.socket.end())
    this.socket.on('error', () => {
      this.closed = true
    })
  }
  async until(fits: (text: string) => boolean, what: string): Promise<string> {
    for (const deadline = Date.now() + 60_000; !fits(this.received); await pause(10))
      if (Date.now() > deadline) assert.fail(`${what}: got ${JSON.stringify(this.received.slice(0, 500))}`)
    return this.received
  }
  async untilClosed(): Promise<void> {
    for (const deadline = Date.now() + 60_000; !this.closed; await pause(10))
      if (Date.now() > deadline) assert.fail('the connection stays open')
  }
}

describe('the images server', () => {
  let bench: StorageBench
  let domain: TestDomain
  before(async () => {
    bench = await storageBench()
    domain = await testDomain(bench)
  })
  after(() => bench?.close())

  const fresh = async (more: Parameters<typeof testTicket>[3] = {}) => {
    const volume = await testVolume(bench, domain)
    return { volume, ...(await testTicket(bench, domain, volume, more)) }
  }
  const text = async (answer: Promise<Response>, status: number) => {
    const got = await answer
    const body = await got.text()
    assert.equal(got.status, status, body)
    return body
  }
  const patch = (url: string, body: unknown) =>
    fetch(url, { method: 'PATCH', body: typeof body === 'string' ? body : JSON.stringify(body) })

  test('tells what a ticket allows', async () => {
    const writing = await fetch((await fresh()).url, { method: 'OPTIONS' })
    assert.equal(writing.status, 200)
    assert.equal(writing.headers.get('allow'), 'OPTIONS,GET,PUT,PATCH')
    assert.equal(
      await writing.text(),
      '{"features":["checksum","extents","flush","zero"],"max_readers":8,"max_writers":8}\n',
    )
    const reading = await fetch((await fresh({ ops: 'read' })).url, { method: 'OPTIONS' })
    assert.equal(reading.headers.get('allow'), 'OPTIONS,GET')
    assert.deepEqual(await reading.json(), { features: ['checksum', 'extents'], max_readers: 8, max_writers: 8 })
    const everything = await fetch(`${bench.url}/images/*`, { method: 'OPTIONS' })
    assert.equal(everything.headers.get('allow'), 'OPTIONS,GET,PUT,PATCH')
    assert.deepEqual(await everything.json(), { features: ['checksum', 'extents', 'flush', 'zero'] })
  })

  test('tells about itself without a ticket', async () => {
    for (const path of ['/info/', '/info', '/v1/info/'])
      assert.match(await text(fetch(`${bench.url}${path}`), 200), /^\{"version":"2\.[0-9.]+"\}\n$/)
    const algorithms = await fetch(`${bench.url}/images/any/checksum/algorithms`)
    assert.ok(((await algorithms.json()) as { algorithms: string[] }).algorithms.includes('blake2b'))
  })

  test('serves ranges as clients ask for them', async () => {
    const { url } = await fresh({ filename: 'a "b"\n.raw' })
    const bytes = randomBytes(size)
    assert.equal(await text(fetch(url, { method: 'PUT', body: bytes }), 200), '')
    const whole = await fetch(url)
    assert.equal(whole.status, 200)
    assert.equal(whole.headers.get('content-length'), String(size))
    assert.equal(whole.headers.get('content-type'), 'application/octet-stream')
    assert.equal(whole.headers.get('content-disposition'), 'attachment; filename=a _b__.raw')
    assert.deepEqual(Buffer.from(await whole.arrayBuffer()), bytes)
    for (const [range, from, to] of [
      ['bytes=0-0', 0, 0],
      ['bytes=100-199', 100, 199],
      [`bytes=${size - 10}-`, size - 10, size - 1],
      [`bytes=0-${size - 1}`, 0, size - 1],
    ] as const) {
      const part = await fetch(url, { headers: { range } })
      assert.equal(part.status, 206, range)
      assert.equal(part.headers.get('content-range'), `bytes ${from}-${to}/${size}`)
      assert.deepEqual(Buffer.from(await part.arrayBuffer()), bytes.subarray(from, to + 1))
    }
    for (const range of [`bytes=0-${size}`, `bytes=${size}-`, 'bytes=-5', 'bytes=9-3', 'bytes=0-1,4-5', 'lines=1-2']) {
      const refused = await fetch(url, { headers: { range } })
      assert.equal(refused.status, 416, range)
      assert.equal(refused.headers.get('content-range'), `bytes */${size}`)
      assert.match(await refused.text(), /^[^\n]+\n$/)
    }
  })

  test('writes where the range begins and nowhere past the end', async () => {
    const { url, volume } = await fresh({ size: 4 * MiB })
    const file = `${domain.path}/${volume.storageDomainId}/images/${volume.imageId}/${volume.volumeId}`
    const put = (range: string, body: string, query = '') =>
      fetch(`${url}${query}`, { method: 'PUT', body, headers: { 'content-range': range } })
    await text(put('bytes 10-14/*', 'hello'), 200)
    await text(put('bytes 20-*/*', 'world', '?flush=n'), 200)
    await text(put('bytes 30-31/4194304', 'longer than it says'), 200)
    await text(put(`bytes ${4 * MiB - 3}-*/*`, 'end'), 200)
    const written = readFileSync(file)
    assert.equal(written.subarray(10, 49).toString(), 'hello\0\0\0\0\0world\0\0\0\0\0longer than it says')
    assert.equal(written.length, size)
    await text(put(`bytes ${4 * MiB - 3}-*/*`, 'end!'), 416)
    for (const range of ['bytes */100', 'bytes a-b/*', 'bytes -5/*', 'lines 1-2/*']) await text(put(range, 'x'), 400)
    await text(put('bytes 0-1/*', 'x', '?flush=maybe'), 400)
    assert.equal(statSync(file).size, size)
  })

  test('zeroes and flushes', async () => {
    const { url } = await fresh()
    await text(fetch(url, { method: 'PUT', body: Buffer.alloc(size, 7) }), 200)
    for (const [offset, length] of [
      [0, 10],
      [MiB, 3 * MiB],
      [5 * MiB + 1, MiB],
      [size - 1, 1],
      [3, 0],
    ] as const)
      await text(patch(url, { op: 'zero', offset, size: length, flush: offset === 0 }), 200)
    await text(patch(url, { op: 'flush' }), 200)
    const bytes = Buffer.from(await (await fetch(url)).arrayBuffer())
    const expected = Buffer.alloc(size, 7)
    expected.fill(0, 0, 10)
    expected.fill(0, MiB, 4 * MiB)
    expected.fill(0, 5 * MiB + 1, 6 * MiB + 1)
    expected.fill(0, size - 1)
    assert.deepEqual(bytes, expected)
    await text(patch(url, { op: 'zero', offset: size - 1, size: 2 }), 416)
    for (const bad of [
      '{',
      '[]',
      'null',
      { op: 'trim' },
      { op: 'zero' },
      { op: 'zero', size: '10' },
      { op: 'zero', size: -1 },
      { op: 'zero', size: 1.5 },
      { op: 'zero', size: 1, offset: '0' },
      { op: 'zero', size: 1, flush: 1 },
    ])
      await text(patch(url, bad), 400)
    await text(patch(url, ' '.repeat(100_000)), 400)
  })

  test('hashes by blocks, the same with and without holes', async () => {
    const { url } = await fresh()
    const read = async (query: string) =>
      (await (await fetch(`${url}/checksum${query}`)).json()) as { checksum: string }
    const empty = await read('')
    assert.deepEqual(empty, { algorithm: 'blake2b', block_size: 4 * MiB, checksum: empty.checksum })
    await text(fetch(url, { method: 'PUT', body: Buffer.alloc(size) }), 200)
    assert.deepEqual(await read('?algorithm=blake2b&block_size=4194304'), empty)
    for (const query of ['?block_size=1000', '?block_size=1048577', '?block_size=33554432', '?algorithm=crc32'])
      await text(fetch(`${url}/checksum${query}`), 400)
  })

  test('reports extents over the whole size', async () => {
    const { url } = await fresh()
    const extents = (await (await fetch(`${url}/extents`)).json()) as { start: number; length: number }[]
    let at = 0
    for (const { start, length } of extents) {
      assert.equal(start, at)
      at += length
    }
    assert.equal(at, size)
    assert.deepEqual(await (await fetch(`${url}/extents?context=zero`)).json(), extents)
    await text(fetch(`${url}/extents?context=dirty`), 404)
    await text(fetch(`${url}/extents?context=other`), 400)
  })

  test('lets nobody in who has no ticket, or one for less', async () => {
    const unknown = `${bench.url}/images/${randomUUID()}`
    for (const [method, path] of [
      ['OPTIONS', ''],
      ['GET', ''],
      ['PUT', ''],
      ['GET', '/extents'],
      ['GET', '/checksum'],
    ] as const) {
      const answer = await fetch(`${unknown}${path}`, { method, ...(method === 'PUT' ? { body: 'x' } : {}) })
      assert.equal(answer.status, 403, `${method} ${path}`)
      assert.equal(answer.headers.get('connection'), 'close')
      assert.match(answer.headers.get('content-type') ?? '', /^text\/plain/)
      await answer.text()
    }
    await text(patch(unknown, { op: 'flush' }), 403)
    const { url } = await fresh({ ops: 'read' })
    await text(fetch(url, { method: 'PUT', body: 'x' }), 403)
    await text(patch(url, { op: 'zero', size: 1 }), 403)
  })

  test('knows its methods and resources', async () => {
    const { url } = await fresh()
    for (const method of ['DELETE', 'HEAD', 'POST']) {
      const answer = await fetch(url, { method })
      assert.equal(answer.status, 405, method)
      await answer.text()
    }
    await text(fetch(`${url}/extents`, { method: 'PUT', body: 'x' }), 405)
    await text(fetch(`${bench.url}/images/`), 400)
    await text(fetch(`${bench.url}/tickets/${randomUUID()}`), 404)
    await text(fetch(`${url}/other`), 404)
    await text(fetch(`${bench.url}/images/%zz`), 400)
    await text(fetch(`${url}?${'x'.repeat(5000)}`), 414)
    await text(fetch(url.replace('/images/', '/v1/images/'), { headers: { range: 'bytes=0-1' } }), 206)
  })

  test('lets pages of other origins upload', async () => {
    const { url } = await fresh()
    const preflight = await fetch(url, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://console',
        'access-control-request-method': 'PUT',
        'access-control-request-headers': 'content-range',
      },
    })
    const of = (answer: Response, name: string) => answer.headers.get(`access-control-${name}`)
    assert.equal(of(preflight, 'allow-origin'), '*')
    assert.equal(of(preflight, 'allow-headers'), '*')
    assert.equal(of(preflight, 'allow-methods'), 'OPTIONS,GET,PUT')
    assert.equal(of(preflight, 'max-age'), '86400')
    const put = await fetch(url, { method: 'PUT', body: 'x', headers: { origin: 'https://console' } })
    assert.equal(of(put, 'allow-origin'), '*')
    assert.equal(of(put, 'allow-methods'), null)
    const plain = await fetch(url, { method: 'OPTIONS' })
    assert.equal(of(plain, 'allow-origin'), null)
    assert.equal(of(plain, 'max-age'), null)
  })

  test('keeps connections, greets those who wait, and closes when asked', async () => {
    const { url } = await fresh()
    const path = new URL(url).pathname
    const bare = new Bare(url)
    bare.socket.write(`PUT ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n`)
    await bare.until(t => t.includes('100 Continue'), 'the greeting')
    bare.socket.write('hello')
    const first = await bare.until(t => t.includes('HTTP/1.1 200'), 'the answer')
    assert.match(first, /Connection: keep-alive/)
    assert.doesNotMatch(first, /Keep-Alive: timeout/)
    // Long after the HTTP server itself would have closed.
    await pause(300)
    bare.socket.write(`GET ${path}?close=y HTTP/1.1\r\nHost: x\r\nRange: bytes=0-4\r\n\r\n`)
    await bare.until(t => t.endsWith('hello'), 'the second answer')
    await bare.untilClosed()
  })

  test('answers bodies that are too short, too long or of unknown length with 400 and closes', async () => {
    const { url, ticket } = await fresh()
    const path = new URL(url).pathname
    const short = new Bare(url)
    short.socket.end(`PUT ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nonly this`)
    await short.until(t => t.startsWith('HTTP/1.1 400'), 'a short body')
    await short.untilClosed()
    const chunked = new Bare(url)
    chunked.socket.write(`PUT ${path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`)
    await chunked.until(
      t => t.startsWith('HTTP/1.1 400') && t.includes('Content-Length header is required'),
      'no length',
    )
    const past = new Bare(url)
    past.socket.write(`PUT ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${size + 1}\r\n\r\nbegin`)
    await past.until(t => t.startsWith('HTTP/1.1 416') && t.includes(`bytes */${size}`), 'past the end')
    await past.untilClosed()
    // None of them keeps the ticket busy.
    await bench.run('image.ticket.end', { ticket })
  })

  test('closes a connection that idles longer than its ticket says', async () => {
    const { url } = await fresh({ inactivityTimeoutSeconds: 1 })
    const bare = new Bare(url)
    bare.socket.write(`OPTIONS ${new URL(url).pathname} HTTP/1.1\r\nHost: x\r\n\r\n`)
    await bare.until(t => t.includes('HTTP/1.1 200'), 'the answer')
    assert.equal(bare.closed, false)
    await bare.untilClosed()
  })
})

describe('a ticket', () => {
  let bench: StorageBench
  let domain: TestDomain
  before(async () => {
    bench = await storageBench()
    domain = await testDomain(bench)
  })
  after(() => bench?.close())

  const renew = (volume: Parameters<typeof testTicket>[2], ticket: string, more = {}) =>
    bench.run('image.ticket', {
      volume,
      spm: domain.spm,
      ticket,
      ops: 'write',
      format: 'raw',
      serve: 'volume',
      size,
      expiresInSeconds: 300,
      inactivityTimeoutSeconds: 60,
      filename: null,
      ...more,
    }) as Promise<{ url: string; transferred: number; active: boolean; idleSeconds: number }>

  test('counts each transferred byte once and survives a restart', async () => {
    const volume = await testVolume(bench, domain)
    const { url, ticket } = await testTicket(bench, domain, volume)
    const put = (from: number, length: number) =>
      fetch(url, { method: 'PUT', body: Buffer.alloc(length, 1), headers: { 'content-range': `bytes ${from}-*/*` } })
    await put(0, MiB)
    await put(MiB / 2, MiB)
    const status = await renew(volume, ticket)
    assert.deepEqual({ ...status, idleSeconds: 0 }, { url, transferred: 1.5 * MiB, active: false, idleSeconds: 0 })
    await bench.restart()
    assert.equal((await put(4 * MiB, MiB)).status, 200)
    assert.equal((await renew(volume, ticket)).transferred, 2.5 * MiB)
    await assert.rejects(renew(volume, ticket, { size: 1 }), { code: 'ticket.exists' })
    await assert.rejects(renew(volume, ticket, { serve: 'raw' }), { code: 'ticket.exists' })
    await bench.run('image.ticket.end', { ticket })
    await bench.run('image.ticket.end', { ticket })
    assert.equal((await put(0, 1)).status, 403)
    assert.deepEqual(readdirSync(`${bench.dir}/data/storage/tickets`), [])
  })

  test('is kept on disk as a hash only, readable by nobody else', async () => {
    const volume = await testVolume(bench, domain)
    const { ticket } = await testTicket(bench, domain, volume)
    const folder = `${bench.dir}/data/storage/tickets`
    const names = readdirSync(folder)
    assert.equal(names.length, 1)
    const file = `${folder}/${names[0]}`
    assert.equal(statSync(file).mode & 0o777, 0o600)
    assert.equal(statSync(folder).mode & 0o777, 0o700)
    assert.ok(!`${names[0]}${readFileSync(file, 'utf8')}`.includes(ticket))
    await bench.run('image.ticket.end', { ticket })
    assert.ok(!existsSync(file))
  })

  test('expires, each operation puts that off, and a renewal revives it', async () => {
    const volume = await testVolume(bench, domain)
    const { url, ticket } = await testTicket(bench, domain, volume, { expiresInSeconds: 1 })
    const status = async () => (await fetch(url, { method: 'OPTIONS' })).status
    for (const end = Date.now() + 1500; Date.now() < end; await pause(100)) assert.equal(await status(), 200)
    const get = async () => (await fetch(`${bench.url}/images/${randomUUID()}`)).status
    for (const deadline = Date.now() + 60_000; ; await pause(1200)) {
      assert.equal(await get(), 403)
      if ((await status()) === 403) break
      assert.ok(Date.now() < deadline, 'it never expires')
    }
    await renew(volume, ticket)
    assert.equal(await status(), 200)
    await bench.run('image.ticket.end', { ticket })
  })

  test('that ends waits for its requests, and cuts off those whose client has stalled', async () => {
    const volume = await testVolume(bench, domain)
    const { url, ticket } = await testTicket(bench, domain, volume)
    const stalled = new Bare(url)
    stalled.socket.write(`PUT ${new URL(url).pathname} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nonly this`)
    for (const deadline = Date.now() + 60_000; !(await renew(volume, ticket)).active; await pause(20))
      assert.ok(Date.now() < deadline, 'the request never shows')
    assert.equal((await renew(volume, ticket)).idleSeconds, 0)
    await bench.run('image.ticket.end', { ticket })
    await stalled.untilClosed()
  })

  test('makes its volume illegal while it may write, and only legal volumes are read', async () => {
    const volume = await testVolume(bench, domain)
    const { ticket } = await testTicket(bench, domain, volume)
    assert.throws(() => bench.storage.volumePath(volume), { code: 'volume.illegal' })
    await bench.run('image.ticket.end', { ticket })
    await assert.rejects(testTicket(bench, domain, volume, { ops: 'read' }), { code: 'volume.illegal' })
    await bench.run('volume.verify', { volume, spm: domain.spm, format: 'raw', capacity: size })
    const reading = await testTicket(bench, domain, volume, { ops: 'read' })
    assert.ok(bench.storage.volumePath(volume))
    const { storageDomainId } = domain
    await assert.rejects(bench.run('storage.disconnect', { storageDomainId }), { code: 'storage.in_transfer' })
    await bench.run('image.ticket.end', { ticket: reading.ticket })
  })

  test('for another format than the volume has is refused', async () => {
    const volume = await testVolume(bench, domain)
    await assert.rejects(testTicket(bench, domain, volume, { format: 'qcow2' }), { code: 'volume.format_mismatch' })
  })
})
