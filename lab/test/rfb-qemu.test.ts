import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createConnection, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Machine } from '../src/guest/machine.ts'
import { RfbClient, RfbRefused } from '../src/guest/rfb.ts'
import { until } from '../src/guest/until.ts'
import { missingTools } from '../src/images/tools.ts'

const missing = await missingTools([{ program: 'qemu-system-x86_64', package: 'qemu-system-x86' }])
const skip = missing.length > 0 ? 'needs the Debian package qemu-system-x86' : false

test('QEMU lets the client in with its one-time password only, and shows the screen of the firmware', {
  skip,
}, async t => {
  const folder = await mkdtemp(join(tmpdir(), 'rookery-vnc.'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const path = join(folder, 'vnc')
  await using machine = await Machine.start({ args: ['-vga', 'std', '-vnc', `unix:${path},password=on`] })
  const open = async (): Promise<Socket> => {
    const socket = createConnection(path)
    t.after(() => socket.destroy())
    await once(socket, 'connect')
    return socket
  }
  // Without a password set, nobody comes in.
  await assert.rejects(RfbClient.connect(await open(), { password: '' }), RfbRefused)
  await machine.qmp.execute('set_password', { protocol: 'vnc', password: 'sesame12' })
  await assert.rejects(RfbClient.connect(await open(), { password: 'sesame13' }), RfbRefused)
  await assert.rejects(RfbClient.connect(await open()), /security types 2, and not 1/)

  const client = await RfbClient.connect(await open(), { password: 'sesame12' })
  assert.equal(client.screen.security, 'vnc')
  assert.match(client.screen.name, /QEMU/)
  assert.ok(client.screen.width >= 640 && client.screen.height >= 400)
  await until('text on the screen', async () => (await client.picture()).pixels.some(byte => byte !== 0))
})

test('QEMU without a password lets the client in by security type none', { skip }, async t => {
  const folder = await mkdtemp(join(tmpdir(), 'rookery-vnc.'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const path = join(folder, 'vnc')
  const machine = await Machine.start({ args: ['-vga', 'std', '-vnc', `unix:${path}`] })
  t.after(() => machine[Symbol.asyncDispose]())
  const socket = createConnection(path)
  t.after(() => socket.destroy())
  const client = await RfbClient.connect(socket)
  assert.equal(client.screen.security, 'none')
})
