import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { paths } from '../instance/paths.ts'
import type { Settings } from '../instance/settings.ts'
import { exec, must } from './exec.ts'
import { reach } from './https.ts'
import { LOCK_TAKEN, takeLock, underLock } from './lock.ts'
import { memory, startTime, tree, whoListens } from './proc.ts'
import { unitName, unitText } from './systemd.ts'
import { saysYes } from './yes.ts'

const folder = await mkdtemp(join(tmpdir(), 'cli-system.'))
after(() => rm(folder, { recursive: true, force: true }))

test('a lock is held by one at a time and free again when it is let go', async () => {
  const file = join(folder, 'a.lock')
  const release = (await takeLock(file)) ?? assert.fail('the lock is free')
  assert.equal(await takeLock(file), undefined)
  const waiting = takeLock(file, { wait: true })
  await release()
  const again = (await waiting) ?? assert.fail('who waits gets it')
  assert.equal(await takeLock(file), undefined)
  await again()
})

test('a lock goes with the program that was run under it, also when that is killed', async () => {
  const file = join(folder, 'b.lock')
  const [program, ...args] = underLock(file, [process.execPath, '-e', 'setInterval(() => {}, 1000); console.log(1)'])
  const child = spawn(program as string, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  const second = await exec(underLock(file, ['/bin/true']) as [string, ...string[]])
  assert.equal(second.code, LOCK_TAKEN)
  child.kill('SIGKILL')
  await once(child, 'close')
  const third = await exec(underLock(file, ['/bin/true']) as [string, ...string[]])
  assert.equal(third.code, 0)
})

test('a program that fails is quoted with what it said', async () => {
  await assert.rejects(must(['/bin/sh', '-c', 'echo broken >&2; exit 3']), /broken/)
})

test('this process is found in /proc with its memory and its children', async () => {
  assert.match((await startTime(process.pid)) ?? '', /^\d+$/)
  assert.equal(await startTime(999_999_999), undefined)
  assert.ok((await memory(process.pid)) > 10_000_000)
  const child = spawn('/bin/sleep', ['60'])
  await once(child, 'spawn')
  assert.ok((await tree(process.pid)).includes(child.pid ?? -1))
  child.kill()
})

test('who listens at a port is named', async t => {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const { port } = server.address() as { port: number }
  assert.match((await whoListens(port)) ?? '', new RegExp(`process ${process.pid}\\)`))
})

test('an address that means all is reached over loopback, and IPv6 is bracketed', () => {
  assert.equal(reach('0.0.0.0', 1), '127.0.0.1:1')
  assert.equal(reach('::', 1), '[::1]:1')
  assert.equal(reach('host', 1), 'host:1')
})

test('packages are installed unasked only when somebody said so', () => {
  assert.equal(saysYes(undefined, {}), false)
  assert.equal(saysYes(undefined, { ROOKERY_YES: '0' }), false)
  assert.equal(saysYes(undefined, { ROOKERY_YES: '1' }), true)
  assert.equal(saysYes(true, {}), true)
})

test('the unit of systemd runs the same supervisor and lets VMs outlive it', () => {
  const s = { engineId: '0f8fad5b-d9cb-469f-a165-70867728950e', mode: 'host', root: true } as Settings
  const text = unitText(paths('/srv/my data/100%'), s)
  assert.equal(unitName(s), 'rookery-0f8fad.service')
  assert.match(
    text,
    /^ExecStart=\/usr\/bin\/unshare --mount --propagation=private -- \/usr\/bin\/tini -s -- \/usr\/bin\/flock /m,
  )
  assert.match(text, /--data-dir "\/srv\/my data\/100%%"$/m)
  assert.match(text, /^KillMode=process$/m)
})
