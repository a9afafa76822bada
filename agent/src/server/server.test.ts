import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { pino } from 'pino'
import { makePki } from '../../test/pki.ts'
import { answer, maxBodyBytes, readJson } from './answer.ts'
import { openListener } from './server.ts'

async function listener(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'rk-server.'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const pki = makePki(folder)
  let asked = 0
  const open = await openListener({
    listen: { host: '127.0.0.1', port: 0 },
    tls: { ...pki.host, ca: pki.ca, clientName: 'rookery-engine' },
    clientCertificate: 'required',
    request: async (req, res) => {
      asked++
      answer(res, 200, req.method === 'PUT' ? await readJson(req) : {})
    },
    log: pino({ level: 'silent' }),
  })
  t.after(() => open.close())
  const call = (who: { cert: string; key: string } | null, method: string, body?: string) =>
    new Promise<{ status: number; body: string }>((resolve, reject) => {
      const tls = who === null ? {} : { cert: readFileSync(who.cert), key: readFileSync(who.key) }
      const options = {
        host: '127.0.0.1',
        port: open.port,
        method,
        path: '/v1/x',
        ca: readFileSync(pki.ca),
        agent: false as const,
      }
      const req = request({ ...options, ...tls }, res => {
        text(res).then(said => resolve({ status: res.statusCode ?? 0, body: said }), reject)
      })
      req.on('error', reject)
      req.end(body)
    })
  return { pki, call, asked: () => asked }
}

test('the engine is answered; nobody else is: no certificate, and another certificate of the same CA', async t => {
  const { pki, call, asked } = await listener(t)
  assert.equal((await call(pki.engine, 'GET')).status, 200)
  await assert.rejects(call(null, 'GET'))
  await assert.rejects(call(pki.stranger, 'GET'))
  assert.equal(asked(), 1)
})

test('a body that is too long or no JSON is refused with a reason', async t => {
  const { pki, call } = await listener(t)
  const long = await call(pki.engine, 'PUT', 'x'.repeat(maxBodyBytes + 1)).catch(() => null)
  if (long !== null) assert.equal(long.status, 400)
  const broken = await call(pki.engine, 'PUT', '{"a":')
  assert.equal(broken.status, 400)
  assert.equal(JSON.parse(broken.body).error.code, 'request.not_json')
})
