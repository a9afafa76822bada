import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { emptyQcow2, judgeQcow2 } from './qcow2.ts'

const GiB = 1024 ** 3
const refused = (why: string) => ({ kind: 'invalid', code: `image.refused.${why}` })

test('an empty image passes the judgement and keeps its size', () => {
  assert.equal(judgeQcow2(emptyQcow2(3 * GiB), 3 * GiB), 3 * GiB)
})

test('an image that leans on another file, holds snapshots or is too large is refused', () => {
  const image = (change: (b: Buffer) => void) => {
    const bytes = emptyQcow2(GiB)
    change(bytes)
    return bytes
  }
  assert.throws(
    () =>
      judgeQcow2(
        image(b => b.writeBigUInt64BE(500n, 8)),
        GiB,
      ),
    refused('backing_file'),
  )
  assert.throws(
    () =>
      judgeQcow2(
        image(b => b.writeBigUInt64BE(4n, 72)),
        GiB,
      ),
    refused('data_file'),
  )
  assert.throws(
    () =>
      judgeQcow2(
        image(b => b.writeUInt32BE(1, 60)),
        GiB,
      ),
    refused('snapshots'),
  )
  assert.throws(
    () =>
      judgeQcow2(
        image(b => b.writeUInt32BE(0x7fffffff, 36)),
        GiB,
      ),
    refused('tables'),
  )
  assert.throws(
    () =>
      judgeQcow2(
        image(() => {}),
        GiB - 1,
      ),
    refused('too_large'),
  )
  assert.throws(() => judgeQcow2(Buffer.from('MZ this is no image'.padEnd(200)), GiB), refused('format'))
})

test('qemu-img finds nothing wrong with an empty image', { skip: !existsSync('/usr/bin/qemu-img') }, t => {
  const dir = mkdtempSync(join(tmpdir(), 'simulator.'))
  t.after(() => rmSync(dir, { recursive: true }))
  const file = join(dir, 'empty.qcow2')
  writeFileSync(file, emptyQcow2(10 * GiB))
  const options = { timeout: 60_000, encoding: 'utf8' } as const
  assert.match(execFileSync('/usr/bin/qemu-img', ['check', '-f', 'qcow2', file], options), /No errors/)
})
