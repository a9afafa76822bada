import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type AnyProcedure, procedures } from './procedures.ts'
import { arbitraryOf } from './testing/arbitrary.ts'
import { decodeXdr, encodeXdr, XdrError } from './xdr.ts'

const all = Object.entries(procedures) as [string, AnyProcedure][]

test('the table holds all of libvirt 9.0: 443 procedures, and the 7 of the QEMU program', () => {
  assert.equal(all.length, 450)
  assert.equal(new Set(all.map(([, p]) => `${p.program}:${p.number}`)).size, 450)
  assert.equal(procedures.connectOpen.number, 1)
  assert.equal(procedures.domainFdAssociate.number, 443)
  assert.equal(procedures.domainGetXmlDesc.program, 0x20008086)
  assert.equal(procedures.qemuDomainMonitorCommand.program, 0x20008087)
})

test('streams, events and urgent procedures are marked', () => {
  const streams = all.filter(([, p]) => p.stream).map(([name, p]) => `${name} ${p.stream}`)
  assert.deepEqual(streams, [
    'domainMigratePrepareTunnel write',
    'domainOpenConsole read',
    'storageVolUpload write',
    'storageVolDownload read',
    'domainScreenshot read',
    'domainMigratePrepareTunnel3 write',
    'domainOpenChannel read',
  ])
  assert.ok(procedures.domainDestroy.urgent)
  assert.ok(!procedures.domainManagedSave.urgent)
  assert.ok(procedures.domainEventCallbackLifecycle.event)
  assert.ok(!procedures.domainCreate.event)
})

test('every generated procedure round-trips arguments and replies', () => {
  for (const [name, procedure] of all) {
    for (const half of ['args', 'ret'] as const) {
      const codec = procedure[half]
      const survives = fc.property(arbitraryOf(codec.shape), value => {
        assert.deepEqual(decodeXdr(codec, encodeXdr(codec, value)), value, `${name}: its ${half} came out different`)
      })
      fc.assert(survives, { numRuns: 15 })
    }
  }
})

test('no procedure decodes random bytes into anything but a value or XdrError', () => {
  const rows = all.flatMap(([, p]) => [p.args, p.ret])
  fc.assert(
    fc.property(fc.constantFrom(...rows), fc.uint8Array({ maxLength: 120 }), (codec, bytes) => {
      try {
        decodeXdr(codec, Buffer.from(bytes))
      } catch (error) {
        assert.ok(error instanceof XdrError, String(error))
      }
    }),
    { numRuns: 3000 },
  )
})
