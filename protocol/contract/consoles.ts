import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { test } from 'node:test'
import { ConsoleResult, type DomainSpec } from '../src/index.ts'
import type { Given } from './suite.ts'
import { withGuest, withoutGuests } from './guests.ts'
import { refusal, until } from './world.ts'

/** Consoles by one-time ticket. */
export function consoleTests(given: Given): void {
  const ticketFor = async (spec: DomainSpec, protocol: 'vnc' | 'serial', expiresInSeconds = 120) => {
    const ticket = randomBytes(24).toString('base64url')
    const run = { vmId: spec.vmId, runId: spec.runId }
    const how = { mode: 'stream' as const, password: null, address: null, expiresInSeconds }
    const result = await given().run({ kind: 'vm.console', ...run, protocol, ticket, ...how })
    assert.deepEqual(ConsoleResult.parse(result), { address: null, port: null })
    return ticket
  }

  test('a ticket opens a serial line and a display once', async t => {
    const world = given()
    if (withoutGuests(world, t)) return
    await withGuest(world, {}, async spec => {
      await world.run({ kind: 'vm.create', spec })
      const serial = await ticketFor(spec, 'serial')
      const line = await world.client.openConsole(serial)
      await hears(line, world.guest.serialText, world.patience, () => line.write('\r'))
      line.destroy()
      await assert.rejects(world.client.openConsole(serial), refusal('forbidden'))

      const display = await world.client.openConsole(await ticketFor(spec, 'vnc'))
      await hears(display, 'RFB 003.008\n', world.patience)
      display.destroy()
    })
  })

  test('a ticket that nobody made, or that has expired, opens nothing', async t => {
    const world = given()
    await assert.rejects(world.client.openConsole(randomBytes(24).toString('base64url')), refusal('forbidden'))
    if (withoutGuests(world, t)) return
    await withGuest(world, {}, async spec => {
      await world.run({ kind: 'vm.create', spec })
      const ticket = await ticketFor(spec, 'serial', 1)
      const opened = Date.now()
      await until('the ticket to expire', () => Date.now() - opened > 1500)
      await assert.rejects(world.client.openConsole(ticket), refusal('forbidden'))
    })
  })
}

/** Waits until a text came; presses a key now and then, for a prompt that was printed before we listened. */
async function hears(stream: Duplex, wanted: string, ms: number, press?: () => void): Promise<void> {
  let heard = ''
  stream.on('error', () => stream.destroy())
  stream.on('data', (bytes: Buffer) => {
    heard += bytes.toString('latin1')
  })
  let looks = 0
  await until(
    `"${wanted.trim()}" on the console`,
    () => {
      if (++looks % 40 === 0) press?.()
      return heard.includes(wanted)
    },
    ms,
  )
}
