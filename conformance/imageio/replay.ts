import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Report } from '../harness/report.ts'
import { mustRun } from '../harness/run-program.ts'
import type { Https } from '../net/https.ts'
import { ImageCalls } from './client.ts'
import type { Ticket, Tickets } from './tickets.ts'

const MiB = 1024 ** 2
/** The client's default buffer. */
const step = 4 * MiB

interface Setting {
  readonly http: Https
  readonly tickets: Tickets
  /** The tiny disk, qcow2. */
  readonly disk: string
  /** A folder for images. */
  readonly scratch: string
}

/** What ovirt_imageio's client does with a whole image, call by call (fact sheet section 4). */
export async function replayChecks(report: Report, setting: Setting): Promise<void> {
  const { http, tickets, scratch } = setting
  const raw = join(scratch, 'replay.raw')
  await mustRun(['qemu-img', 'convert', '-f', 'qcow2', '-O', 'raw', setting.disk, raw])
  const content = await readFile(raw)
  const sum = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

  for (const diskFormat of ['raw', 'cow'] as const) {
    await report.check(
      `raw data into a ${diskFormat} disk: OPTIONS, PUT flush=n and zero on several connections, flush, finalize`,
      async () => {
        const ticket = await tickets.upload({ diskFormat, format: 'raw', size: content.length })
        try {
          await writeSparsely(new ImageCalls(http, ticket.url), content)
          await ticket.finish()
          await readBack(ticket, 'raw', async calls =>
            assert.equal(sum(await readSparsely(calls, content.length)), sum(content)),
          )
        } finally {
          await tickets.remove(ticket.diskId)
        }
      },
    )
  }

  await report.check(
    'the qcow2 file itself into a cow disk in one PUT, and out again as file and as data',
    async () => {
      const file = await readFile(setting.disk)
      const ticket = await tickets.upload({
        diskFormat: 'cow',
        format: 'cow',
        size: content.length,
        initialSize: file.length,
      })
      try {
        const calls = new ImageCalls(http, ticket.url)
        const said = await calls.options()
        assert.ok((said.maxWriters ?? 0) >= 1)
        const put = await calls.call({ method: 'PUT', body: file, headers: { 'content-length': String(file.length) } })
        assert.equal(put.status, 200, put.text)
        assert.equal(put.body.length, 0, 'PUT is answered with an empty body')
        await ticket.finish()
        await readBack(ticket, 'cow', async each => {
          const copy = join(scratch, 'replay.qcow2')
          await writeFile(copy, (await each.call({})).body)
          await mustRun(['qemu-img', 'compare', '-f', 'qcow2', '-F', 'qcow2', setting.disk, copy])
        })
        await readBack(ticket, 'raw', async each =>
          assert.equal(sum(await readSparsely(each, content.length)), sum(content)),
        )
      } finally {
        await tickets.remove(ticket.diskId)
      }
    },
  )

  async function readBack(
    ticket: Ticket,
    format: 'raw' | 'cow',
    look: (calls: ImageCalls) => Promise<void>,
  ): Promise<void> {
    const down = await tickets.download(ticket.diskId, format)
    await look(new ImageCalls(http, down.url)).finally(() => down.finish())
  }
}

/** Data as PUT, stretches of zeros as PATCH, on as many connections as the server takes at once; a flush at each one's end. */
async function writeSparsely(calls: ImageCalls, content: Buffer): Promise<void> {
  const said = await calls.options()
  assert.deepEqual([...said.features].toSorted(), ['checksum', 'extents', 'flush', 'zero'])
  const work: (() => Promise<void>)[] = []
  for (let at = 0; at < content.length; at += step) {
    const part = content.subarray(at, at + step)
    work.push(async () => {
      const answer = part.every(byte => byte === 0) ? await calls.zero(at, part.length) : await calls.put(at, part)
      assert.equal(answer.status, 200, answer.text)
      assert.equal(answer.body.length, 0)
    })
  }
  const worker = async () => {
    for (let next = work.pop(); next !== undefined; next = work.pop()) await next()
    const flushed = await calls.flush()
    assert.equal(flushed.status, 200, flushed.text)
  }
  await Promise.all(Array.from({ length: Math.min(4, said.maxWriters ?? 1) }, worker))
}

/** Extents first, then only the data, several at once. */
async function readSparsely(calls: ImageCalls, size: number): Promise<Buffer> {
  const said = await calls.options()
  const extents = await calls.extents()
  assert.equal(extents[0]?.start, 0)
  for (const [index, each] of extents.entries())
    assert.equal(
      each.start + each.length,
      extents[index + 1]?.start ?? size,
      'extents cover everything, in order, without gaps',
    )
  const whole = Buffer.alloc(size)
  const work = extents.filter(each => !each.zero).flatMap(each => stretches(each.start, each.length))
  const worker = async () => {
    for (let next = work.pop(); next !== undefined; next = work.pop()) {
      const answer = await calls.get(next.at, next.length)
      assert.equal(answer.status, 206, answer.text.slice(0, 200))
      assert.equal(answer.headers['content-range'], `bytes ${next.at}-${next.at + next.length - 1}/${size}`)
      answer.body.copy(whole, next.at)
    }
  }
  await Promise.all(Array.from({ length: Math.min(4, said.maxReaders ?? 1) }, worker))
  return whole
}

function stretches(start: number, length: number): { at: number; length: number }[] {
  const parts = []
  for (let at = start; at < start + length; at += step) parts.push({ at, length: Math.min(step, start + length - at) })
  return parts
}
