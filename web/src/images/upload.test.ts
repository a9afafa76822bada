import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError } from '../api/error.ts'
import type { ImageKind } from './recognise.ts'
import { type Answer, type Transfer, Upload, type UploadPort } from './upload.ts'

const pieceBytes = 100_000

const raw: ImageKind = { kind: 'raw', capacity: 1024, format: 'raw', contentType: 'data', transferFormat: 'raw' }
const ok: Answer = { status: 200, text: '' }

/** An engine that keeps what it is sent; `put` decides how each piece goes. */
class Engine implements UploadPort {
  readonly pieceBytes = pieceBytes
  row: Transfer = { id: 't', phase: 'initializing', ticket: 'k', transferred: 0, error: null }
  content = new Uint8Array(0)
  readonly calls: string[] = []
  readonly #listeners = new Set<() => void>()
  answer: (at: number) => Answer | Promise<Answer> = () => ok
  clock = 0

  move(phase: Transfer['phase'], more: Partial<Transfer> = {}): void {
    this.row = { ...this.row, ...more, phase }
    for (const listener of this.#listeners) listener()
  }
  async makeDisk(): Promise<string> {
    this.calls.push('disk')
    return 'd'
  }
  async openTransfer(): Promise<string> {
    this.calls.push('open')
    setImmediate(() => this.move('transferring'))
    return 't'
  }
  transferWhen(_id: string, passes: (row: Transfer | undefined) => boolean, signal: AbortSignal) {
    return new Promise<Transfer | undefined>((resolve, reject) => {
      const look = () => {
        if (!passes(this.row)) return
        this.#listeners.delete(look)
        resolve(this.row)
      }
      this.#listeners.add(look)
      signal.addEventListener('abort', () => reject(signal.reason as Error))
      look()
    })
  }
  async pause(): Promise<void> {
    this.calls.push('pause')
    this.move('paused_user')
  }
  async resume(): Promise<void> {
    this.calls.push('resume')
    this.move('resuming')
    setImmediate(() => this.move('transferring'))
  }
  async cancel(): Promise<void> {
    this.calls.push('cancel')
    this.move('finished_cleanup')
  }
  async finalize(): Promise<void> {
    this.calls.push('finalize')
    this.move('finalizing_success')
    setImmediate(() => this.move('finished_success'))
  }
  async dropDisk(): Promise<void> {
    this.calls.push('drop')
  }
  async put(o: Parameters<UploadPort['put']>[0]): Promise<Answer> {
    this.calls.push(`put ${o.at / pieceBytes}`)
    const stopped = new Promise<Answer>(resolve =>
      o.signal.addEventListener('abort', () => resolve({ status: 0, text: '' })),
    )
    const answer = await Promise.race([this.answer(o.at), stopped])
    if (answer.status !== 200) return answer
    const bytes = new Uint8Array(await o.bytes.arrayBuffer())
    const next = new Uint8Array(Math.max(this.content.length, o.at + bytes.length))
    next.set(this.content)
    next.set(bytes, o.at)
    this.content = next
    return answer
  }
  async flush(): Promise<Answer> {
    this.calls.push('flush')
    return ok
  }
  async read(_ticket: string, at: number, length: number): Promise<ArrayBuffer> {
    return this.content.slice(at, at + length).buffer
  }
  notes = new Map<string, number>()
  note(id: string, kept: number): void {
    this.notes.set(id, kept)
  }
  noted = (id: string) => this.notes.get(id) ?? 0
  async sleep(_ms: number): Promise<void> {
    await new Promise(resolve => setImmediate(resolve))
  }
  now = () => this.clock++
}

const bytes = (length: number, seed = 1) => Uint8Array.from({ length }, (_, i) => (i * seed) % 251)
const fileOf = (content: Uint8Array<ArrayBuffer>) => new Blob([content])
const start = (engine: Engine, file: Blob) => new Upload(file, { name: 'a.img', alias: 'a', kind: raw }, engine)
const size = pieceBytes * 2 + 1000

test('a file goes up in pieces, is flushed, and is judged by the host', async () => {
  const engine = new Engine()
  const content = bytes(size)
  const upload = start(engine, fileOf(content))
  await upload.run()
  assert.equal(upload.get().phase, 'done')
  assert.deepEqual(engine.calls, ['disk', 'open', 'put 0', 'put 1', 'put 2', 'flush', 'finalize'])
  assert.deepEqual(engine.content, content)
})

test('a lost connection sends only the piece again that was under way (R38)', async () => {
  const engine = new Engine()
  let losses = 3
  engine.answer = at => (at === pieceBytes && losses-- > 0 ? { status: 0, text: '' } : ok)
  const content = bytes(size)
  const upload = start(engine, fileOf(content))
  const phases = new Set<string>()
  upload.subscribe(() => phases.add(upload.get().phase))
  await upload.run()
  assert.equal(upload.get().phase, 'done')
  assert.ok(phases.has('lost'))
  assert.deepEqual(
    engine.calls.filter(call => call.startsWith('put')),
    ['put 0', 'put 1', 'put 1', 'put 1', 'put 1', 'put 2'],
  )
  assert.deepEqual(engine.content, content)
})

test('a transfer that the engine paused meanwhile is resumed by itself', async () => {
  const engine = new Engine()
  let once = true
  engine.answer = at => {
    if (at === 0 || !once) return ok
    once = false
    engine.move('paused_system')
    return { status: 403, text: 'No such ticket' }
  }
  const upload = start(engine, fileOf(bytes(size)))
  await upload.run()
  assert.equal(upload.get().phase, 'done')
  assert.ok(engine.calls.includes('resume'))
})

test('a pause by somebody else holds until it is resumed here', async () => {
  const engine = new Engine()
  let once = true
  engine.answer = () => {
    if (!once) return ok
    once = false
    engine.move('paused_user')
    return { status: 403, text: 'No such ticket' }
  }
  const upload = start(engine, fileOf(bytes(1000)))
  await upload.run()
  assert.equal(upload.get().phase, 'paused')
  await upload.run()
  assert.equal(upload.get().phase, 'done')
})

test('it is paused and goes on where it was', async () => {
  const engine = new Engine()
  const stuck = Promise.withResolvers<void>()
  engine.answer = at => {
    if (at === 0) return ok
    stuck.resolve()
    return new Promise(() => {})
  }
  const content = bytes(size)
  const upload = start(engine, fileOf(content))
  void upload.run()
  await stuck.promise
  await upload.pause()
  assert.deepEqual([upload.get().phase, upload.get().kept, upload.get().sent], ['paused', pieceBytes, pieceBytes])
  assert.equal(upload.busy, false)
  engine.answer = () => ok
  await upload.run()
  assert.equal(upload.get().phase, 'done')
  assert.deepEqual(engine.content, content)
})

test('a cancelled upload is cleared away', async () => {
  const engine = new Engine()
  const stuck = Promise.withResolvers<void>()
  engine.answer = () => {
    stuck.resolve()
    return new Promise(() => {})
  }
  const upload = start(engine, fileOf(bytes(1000)))
  void upload.run()
  await stuck.promise
  await upload.cancel()
  assert.equal(upload.get().phase, 'cancelled')
  assert.equal(engine.calls.at(-1), 'cancel')
})

/** What an earlier page left: two pieces and a half, and the row that says so. */
function left(content: Uint8Array): Engine {
  const engine = new Engine()
  const sent = pieceBytes + pieceBytes / 2
  engine.content = Uint8Array.from(content.subarray(0, sent))
  engine.row = { ...engine.row, phase: 'paused_system', transferred: sent }
  return engine
}

test('after a reload the same file goes on at the last whole piece', async () => {
  const content = bytes(size)
  const engine = left(content)
  const upload = start(engine, fileOf(content))
  await upload.adopt(engine.row, 'd')
  assert.equal(upload.get().phase, 'done')
  assert.deepEqual(engine.calls, ['resume', 'put 1', 'put 2', 'flush', 'finalize'])
  assert.deepEqual(engine.content, content)
})

test('one that is resumed while it comes to rest goes on afterwards', async () => {
  const engine = new Engine()
  const stuck = Promise.withResolvers<void>()
  engine.answer = () => {
    stuck.resolve()
    return new Promise(() => {})
  }
  const upload = start(engine, fileOf(bytes(1000)))
  void upload.run()
  await stuck.promise
  engine.answer = () => ok
  void upload.pause()
  await upload.run()
  assert.equal(upload.get().phase, 'done')
  assert.deepEqual(engine.calls.slice(2), ['put 0', 'pause', 'resume', 'put 0', 'flush', 'finalize'])
})

test('a resume that comes too early is repeated', async () => {
  const content = bytes(size)
  const engine = left(content)
  const locked = new ApiError({ kind: 'conflict', code: 'job.locked', message: '' }, { status: 409 })
  let once = true
  const resume = engine.resume.bind(engine)
  engine.resume = () => {
    if (!once) return resume()
    once = false
    return Promise.reject(locked)
  }
  const upload = start(engine, fileOf(content))
  await upload.adopt(engine.row, 'd')
  assert.equal(upload.get().phase, 'done')
})

test('what this browser noted counts when the engine knows less', async () => {
  const content = bytes(size)
  const engine = left(content)
  engine.row = { ...engine.row, transferred: 0 }
  engine.notes.set('t', pieceBytes)
  await start(engine, fileOf(content)).adopt(engine.row, 'd')
  assert.deepEqual(engine.calls, ['resume', 'put 1', 'put 2', 'flush', 'finalize'])
  assert.deepEqual(engine.content, content)
})

test('another file of the same name and size is refused, and what is there stays', async () => {
  const engine = left(bytes(size))
  const upload = start(engine, fileOf(bytes(size, 7)))
  await upload.adopt(engine.row, 'd')
  assert.equal(upload.get().phase, 'failed')
  assert.equal(upload.get().error?.code, 'upload.other_file')
  assert.deepEqual(engine.calls, ['resume', 'pause'])
})

test('an image that the host refuses fails with the host’s reason', async () => {
  const engine = new Engine()
  engine.finalize = async () => {
    const error = { kind: 'invalid', code: 'volume.backing', message: 'it has a backing file' }
    engine.move('finished_failure', { error })
  }
  const upload = start(engine, fileOf(bytes(1000)))
  await upload.run()
  assert.equal(upload.get().phase, 'failed')
  assert.equal(upload.get().error?.code, 'volume.backing')
})

test('an engine that restarts while it is asked is waited for', async () => {
  const engine = new Engine()
  const away = new ApiError({ kind: 'unreachable', code: 'engine.unreachable', message: '' }, { status: 0 })
  let times = 2
  engine.finalize = async () => {
    engine.calls.push('finalize')
    if (times-- > 0) throw away
    engine.move('finished_success')
  }
  const upload = start(engine, fileOf(bytes(1000)))
  await upload.run()
  assert.equal(upload.get().phase, 'done')
})

test('a range that the host refuses for good is not tried again', async () => {
  const engine = new Engine()
  engine.answer = () => ({ status: 416, text: 'Requested range is past the end' })
  const upload = start(engine, fileOf(bytes(1000)))
  await upload.run()
  assert.equal(upload.get().phase, 'failed')
  assert.match(upload.get().error?.message ?? '', /past the end/)
})
