import assert from 'node:assert/strict'
import { test } from 'node:test'
import { masterBootRecord } from './mbr.ts'

test('the record holds the code, the partitions and the signature', () => {
  const record = masterBootRecord(Buffer.alloc(440, 0x90), [
    { type: 0xef, bootable: true, start: 2048, sectors: 79_872 },
    { type: 0x83, bootable: false, start: 81_920, sectors: 47_104 },
  ])
  assert.equal(record.length, 512)
  assert.equal(record[439], 0x90)
  assert.equal(record.toString('hex', 446, 462), '80feffffeffeffff0008000000380100')
  assert.equal(record.readUInt32LE(462 + 8), 81_920)
  assert.equal(record.toString('hex', 478, 510), '00'.repeat(32), 'the last two entries are empty')
  assert.equal(record.toString('hex', 510), '55aa')
})

test('boot code longer than its room does not reach the table', () => {
  assert.equal(masterBootRecord(Buffer.alloc(512, 0xff), []).toString('hex', 440, 510), '00'.repeat(70))
})
