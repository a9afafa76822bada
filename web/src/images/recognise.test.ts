import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aliasOf, recognise, recogniseBytes } from './recognise.ts'

const GiB = 1024 ** 3
/** Bytes with some of them set. */
function bytes(size: number, set: (view: DataView) => void): DataView {
  const view = new DataView(new ArrayBuffer(size))
  set(view)
  return view
}
const put = (view: DataView, at: number, text: string) =>
  [...text].forEach((char, i) => view.setUint8(at + i, char.charCodeAt(0)))
const qcow2 = (set: (view: DataView) => void = () => {}) =>
  bytes(104, view => {
    put(view, 0, 'QFI\u00fb')
    view.setUint32(4, 3)
    view.setBigUint64(24, BigInt(20 * GiB))
    set(view)
  })

test('a qcow2 goes up as its own bytes; the disk has the size that the guest sees (R38)', () => {
  assert.deepEqual(recogniseBytes(qcow2(), 5_000_000), {
    kind: 'qcow2',
    capacity: 20 * GiB,
    format: 'qcow2',
    contentType: 'data',
    transferFormat: 'cow',
  })
})

test('a qcow2 that points at other files, is encrypted or broken is refused before anything is sent', () => {
  const refused = (set: (view: DataView) => void) => recogniseBytes(qcow2(set), 1000)
  assert.deepEqual(
    refused(v => v.setBigUint64(8, 512n)),
    { refused: 'backing_file' },
  )
  assert.deepEqual(
    refused(v => v.setUint32(32, 2)),
    { refused: 'encrypted' },
  )
  assert.deepEqual(
    refused(v => v.setBigUint64(72, 4n)),
    { refused: 'data_file' },
  )
  assert.deepEqual(
    refused(v => v.setUint32(4, 9)),
    { refused: 'broken_qcow2' },
  )
  assert.deepEqual(
    refused(v => v.setBigUint64(24, 0n)),
    { refused: 'broken_qcow2' },
  )
  assert.deepEqual(recogniseBytes(new DataView(qcow2().buffer, 0, 20), 20), { refused: 'broken_qcow2' })
  assert.deepEqual(
    refused(v => v.setBigUint64(24, 2n ** 60n)),
    { refused: 'too_large' },
  )
})

test('an ISO is told by its file system, not by its name', () => {
  const iso = bytes(32_774, view => put(view, 32_769, 'CD001'))
  assert.deepEqual(recogniseBytes(iso, 4096 * 1000), {
    kind: 'iso',
    capacity: 4096 * 1000,
    format: 'raw',
    contentType: 'iso',
    transferFormat: 'raw',
  })
})

test('what is nothing else is raw, in whole sectors', () => {
  const found = recogniseBytes(
    bytes(1000, () => {}),
    1000,
  )
  assert.ok('kind' in found && found.kind === 'raw')
  assert.equal(found.capacity, 1024)
})

test('packed files and foreign formats are named', () => {
  const cases: [number, string, string][] = [
    [0, '\u001f\u008b', 'gzip'],
    [0, '\u00fd7zXZ', 'xz'],
    [0, 'KDMV', 'VMDK'],
    [0, 'PK\u0003\u0004', 'zip'],
    [257, 'ustar', 'tar'],
    [0x40, '\u007f\u0010\u00da\u00be', 'VDI'],
  ]
  for (const [at, magic, what] of cases)
    assert.deepEqual(
      recogniseBytes(
        bytes(600, view => put(view, at, magic)),
        600,
      ),
      { refused: 'foreign', what },
    )
})

test('an empty file and one that cannot be read are no images', async () => {
  assert.deepEqual(await recognise(new Blob([])), { refused: 'empty' })
  const gone = { size: 10, slice: () => ({ arrayBuffer: () => Promise.reject(new Error('gone')) }) }
  assert.deepEqual(await recognise(gone as unknown as Blob), { refused: 'unreadable' })
})

test('a disk is called like its file', () => {
  assert.equal(aliasOf('CentOS-7.iso'), 'CentOS-7')
  assert.equal(aliasOf('root.disk.QCOW2'), 'root.disk')
  assert.equal(aliasOf('.img'), 'image')
  assert.equal(aliasOf('a\u0000b'), 'a b')
})
