import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { AgentClient } from '@rookery/protocol/client'
import { createTestPki } from '@rookery/protocol/contract/pki'

const main = join(import.meta.dirname, 'main.ts')

test('a fleet is a process of its own, told by a file, and goes on where its last one was killed', async t => {
  const dir = mkdtempSync(join(tmpdir(), 'simulator.'))
  t.after(() => rmSync(dir, { recursive: true }))
  const pki = await createTestPki()
  const tls = { cert: join(dir, 'cert.pem'), key: join(dir, 'key.pem'), ca: join(dir, 'ca.pem') }
  writeFileSync(tls.cert, pki.host.cert)
  writeFileSync(tls.key, pki.host.key, { mode: 0o600 })
  writeFileSync(tls.ca, pki.ca)
  const config = join(dir, 'config.json')
  const listen = { host: '127.0.0.1', port: 0 }
  writeFileSync(config, JSON.stringify({ listen, tls, hosts: 2000, dataDir: join(dir, 'data'), seed: 7 }))

  const incarnations: number[] = []
  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    const process = spawn(globalThis.process.execPath, [main, '--config', config], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    try {
      const [line] = (await once(createInterface(process.stdout), 'line')) as [string]
      const { url } = JSON.parse(line) as { url: string }
      const client = new AgentClient({ url: `${url}/hosts/1999`, tls: pki.engine })
      incarnations.push((await client.facts()).incarnation)
      await client.close()
    } finally {
      process.kill(signal)
      const [code] = (await once(process, 'exit')) as [number | null]
      assert.equal(code, signal === 'SIGTERM' ? 0 : null)
    }
  }
  assert.deepEqual(incarnations, [1, 2])
})

test('a configuration that is wrong is refused with the place', async t => {
  const dir = mkdtempSync(join(tmpdir(), 'simulator.'))
  t.after(() => rmSync(dir, { recursive: true }))
  const config = join(dir, 'config.json')
  writeFileSync(config, JSON.stringify({ listen: { port: 1 }, tls: {}, hosts: 0, moon: 1 }))
  const process = spawn(globalThis.process.execPath, [main, '--config', config], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  process.stderr.on('data', (bytes: Buffer) => (said += bytes.toString()))
  const [code] = (await once(process, 'close')) as [number]
  assert.equal(code, 1)
  assert.match(said, /moon/)
  assert.match(said, /hosts/)
})
