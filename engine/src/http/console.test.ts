import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import Fastify, { type FastifyInstance } from 'fastify'
import { addConsole, hasConsole } from './console.ts'
import { addWelcome } from './welcome.ts'

test('every page address gives the console under its content security policy; other addresses stay unknown', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'rookery-console-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  assert.equal(hasConsole(folder), false)
  await mkdir(join(folder, 'assets'))
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>Rookery</title>')
  await writeFile(join(folder, 'assets/index-AbCd1234.js'), 'export {}')
  await writeFile(join(folder, 'assets/theme.js'), '')
  assert.equal(hasConsole(folder), true)
  const app = Fastify() as unknown as FastifyInstance
  t.after(() => app.close())
  addWelcome(app, { console: true })
  await addConsole(app, folder)
  for (const url of ['/', '/sign-in?next=%2Fadmin', '/admin/vms', '/portal/vms/x/console/vnc', '/go/abc']) {
    const page = await app.inject(url)
    assert.equal(page.statusCode, 200, url)
    assert.match(page.body, /<title>Rookery/)
    assert.equal(page.headers['cache-control'], 'no-cache')
    const policy = String(page.headers['content-security-policy'])
    assert.match(policy, /default-src 'self';.*frame-ancestors 'none'/)
    assert.doesNotMatch(policy, /unsafe/)
  }
  assert.match(String((await app.inject('/assets/index-AbCd1234.js')).headers['cache-control']), /immutable/)
  assert.equal((await app.inject('/assets/theme.js')).headers['cache-control'], 'no-cache')
  for (const url of ['/assets/../index.html', '/assets/%2e%2e/index.html', '/etc/passwd', '/adminx'])
    assert.equal((await app.inject(url)).statusCode, 404, url)
  assert.equal((await app.inject('/ovirt-engine/webadmin/')).headers['location'], '/')
  assert.match((await app.inject('/ovirt-engine/')).body, /href="\/"/)
})
