import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CpioEntry, cpioArchive } from './cpio.ts'

const entries: CpioEntry[] = [
  { kind: 'folder', path: 'dev', mode: 0o755 },
  { kind: 'device', path: 'dev/console', mode: 0o600, major: 5, minor: 1 },
  { kind: 'file', path: 'init', mode: 0o755, data: Buffer.from('hello') },
  { kind: 'link', path: 'sbin', target: 'bin' },
]

/** Reads an archive back: name, mode, device and data of each entry. */
function unpack(archive: Buffer): { name: string; mode: number; device: number[]; data: string }[] {
  const found = []
  let at = 0
  for (;;) {
    assert.equal(archive.toString('latin1', at, at + 6), '070701')
    const field = (index: number): number =>
      Number.parseInt(archive.toString('latin1', at + 6 + 8 * index, at + 14 + 8 * index), 16)
    const [mode, size, major, minor, nameLength] = [field(1), field(6), field(9), field(10), field(11)] as const
    const name = archive.toString('utf8', at + 110, at + 110 + nameLength - 1)
    const dataAt = Math.ceil((at + 110 + nameLength) / 4) * 4
    if (name === 'TRAILER!!!') return found
    found.push({ name, mode, device: [major, minor], data: archive.toString('utf8', dataAt, dataAt + size) })
    at = Math.ceil((dataAt + size) / 4) * 4
  }
}

test('folders, files, links and devices come out of the archive as they went in', () => {
  assert.deepEqual(unpack(cpioArchive(entries)), [
    { name: 'dev', mode: 0o040755, device: [0, 0], data: '' },
    { name: 'dev/console', mode: 0o020600, device: [5, 1], data: '' },
    { name: 'init', mode: 0o100755, device: [0, 0], data: 'hello' },
    { name: 'sbin', mode: 0o120777, device: [0, 0], data: 'bin' },
  ])
})

test('equal input gives equal bytes', () => {
  assert.deepEqual(cpioArchive(entries), cpioArchive(structuredClone(entries).map(fixBuffer)))
})

/** structuredClone turns a Buffer into a plain Uint8Array. */
function fixBuffer(entry: CpioEntry): CpioEntry {
  return entry.kind === 'file' ? { ...entry, data: Buffer.from(entry.data) } : entry
}
