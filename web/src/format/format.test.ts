import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { bitRate, byteRate, bytes, bytesOf, number, percent, short } from './numbers.ts'
import { parseSize, sizeText } from './size-input.ts'
import { absolute, age, duration, relative, timeOfDay } from './time.ts'

const KiB = 1024
const GiB = KiB ** 3

test('sizes are binary with about three digits', () => {
  assert.deepEqual(
    [0, 1, 1023, 1024, 1536, 4 * GiB, 1.9 * GiB, 12.34 * GiB, 940.4 * GiB, 1023.9 * GiB].map(n => bytes(n, 'en')),
    ['0 B', '1 B', '1,023 B', '1 KiB', '1.5 KiB', '4 GiB', '1.9 GiB', '12.3 GiB', '940 GiB', '1 TiB'],
  )
  assert.equal(bytes(4 * GiB, 'ko'), '4 GiB')
})

test('a part is in the unit of the whole, in the order of the language', () => {
  assert.equal(bytesOf(1.9 * GiB, 4 * GiB, 'en'), '1.9 of 4 GiB')
  assert.equal(bytesOf(1.9 * GiB, 4 * GiB, 'ko'), '1.9 / 4 GiB')
  assert.equal(bytesOf(null, 4 * GiB, 'en'), '– of 4 GiB')
})

test('rates: disks in bytes, networks in decimal bits', () => {
  assert.equal(byteRate(1.4 * KiB * KiB, 'en'), '1.4 MiB/s')
  assert.deepEqual(
    [0, 999, 1000, 940e6, 1e10].map(n => bitRate(n, 'en')),
    ['0 b/s', '999 b/s', '1 kb/s', '940 Mb/s', '10 Gb/s'],
  )
})

test('unknown is a dash and never 0', () => {
  for (const say of [bytes, byteRate, bitRate, number, short])
    for (const n of [null, undefined, Number.NaN, Number.POSITIVE_INFINITY]) assert.equal(say(n, 'ko'), '–')
  assert.equal(percent(null), '–')
  assert.equal(duration(undefined, 'en'), '–')
  assert.equal(absolute(null), '–')
  assert.equal(absolute('no date'), '–')
})

test('percent is whole; little is not nothing, and nearly all is not all', () => {
  assert.deepEqual(
    [0, 0.001, 0.0099, 0.01, 0.125, 0.994, 0.999, 1, 1.27].map(n => percent(n)),
    ['0%', '<1%', '<1%', '1%', '13%', '99%', '99%', '100%', '127%'],
  )
})

test('durations in two units at most', () => {
  const s = 1000
  const cases = [400, 12 * s, 185 * s, 3840 * s, 7200 * s, (3 * 86_400 + 7200) * s, 41 * 86_400 * s]
  assert.deepEqual(
    cases.map(ms => duration(ms, 'en')),
    ['0.4 s', '12 s', '3 m 05 s', '1 h 04 m', '2 h', '3 d 2 h', '41 d'],
  )
  assert.deepEqual(
    cases.map(ms => duration(ms, 'ko')),
    ['0.4초', '12초', '3분 5초', '1시간 4분', '2시간', '3일 2시간', '41일'],
  )
})

test('times are as in logs, in the zone that was asked for', () => {
  const at = Date.UTC(2026, 10, 20, 15, 4, 5)
  assert.equal(absolute(at, 'UTC'), '2026-11-20 15:04:05')
  assert.equal(absolute(new Date(at).toISOString(), 'Asia/Seoul'), '2026-11-21 00:04:05')
  assert.equal(timeOfDay(at, 'UTC'), '15:04:05')
  assert.equal(timeOfDay(at, 'UTC', false), '15:04')
})

test('relative times go to a day', () => {
  const now = Date.UTC(2026, 10, 20, 15, 4, 5)
  const ago = (ms: number, language: 'en' | 'ko') => relative(now - ms, now, language, 'UTC')
  assert.deepEqual(
    [5000, 180_000, 7_200_000, -180_000].map(ms => ago(ms, 'en')),
    ['just now', '3 min ago', '2 h ago', 'in 3 min'],
  )
  assert.deepEqual(
    [5000, 180_000, 7_200_000, -180_000].map(ms => ago(ms, 'ko')),
    ['방금', '3분 전', '2시간 전', '3분 후'],
  )
  assert.equal(ago(86_400_000, 'en'), '2026-11-19 15:04:05')
  assert.equal(age(3 * 86_400_000, 'ko'), '3일')
  assert.equal(age(-5, 'en'), '<1 min')
})

test('sizes are read as people write them, all binary', () => {
  for (const text of ['4', '4G', '4g', '4GB', '4 GiB', '4096M', '4096 MiB', ' 4 ', '4194304K', '4294967296 B', '４Ｇ'])
    assert.deepEqual(parseSize(text), { ok: true, bytes: 4 * GiB }, text)
  assert.deepEqual(parseSize('1.5'), { ok: true, bytes: 1.5 * GiB })
  assert.deepEqual(parseSize('512', 'M'), { ok: true, bytes: 512 * KiB * KiB })
  assert.deepEqual(parseSize('10 bytes'), { ok: true, bytes: 10 })
})

test('what is no size is refused with the reason', () => {
  assert.deepEqual(parseSize('  '), { ok: false, why: 'empty' })
  for (const text of ['-1', '4X', 'four', '4 4', '1e3', '4,5', '4.G', 'GiB'])
    assert.deepEqual(parseSize(text), { ok: false, why: 'not_a_size' }, text)
  assert.deepEqual(parseSize('9999999999 T'), { ok: false, why: 'too_large' })
})

test('what a field shows is read back as the same size', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 50 }), n => {
      assert.deepEqual(parseSize(sizeText(n)), { ok: true, bytes: n })
    }),
  )
  assert.equal(sizeText(4 * GiB), '4 GiB')
  assert.equal(sizeText(1.5 * GiB), '1536 MiB')
})
