import assert from 'node:assert/strict'
import { test } from 'node:test'
import Fastify, { type FastifyInstance } from 'fastify'
import { addWelcome } from './welcome.ts'

test('the first page says what this is and where to go, in English and in Korean', async () => {
  const app = Fastify() as unknown as FastifyInstance
  addWelcome(app, { console: false })
  const english = await app.inject({ url: '/' })
  assert.equal(english.statusCode, 200)
  assert.match(english.body, /Rookery is running/)
  assert.match(english.body, /href="\/ovirt-engine\/api"/)
  const korean = await app.inject({ url: '/ovirt-engine/', headers: { 'accept-language': 'ko-KR,ko;q=0.9,en;q=0.8' } })
  assert.match(korean.body, /실행 중입니다/)
  assert.match(String(korean.headers['content-security-policy']), /default-src 'none'/)
  await app.close()
})
