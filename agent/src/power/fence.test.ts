import assert from 'node:assert/strict'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { pino } from 'pino'
import { powerHandlers } from './fence.ts'

/** A fence agent whose device is a file; it shows what it was told, and on which command line. */
const script = `#!/bin/sh
dir=$(dirname "$0")
cat > "$dir/told"
tr '\\0' ' ' < /proc/$$/cmdline > "$dir/cmdline"
action=$(sed -n 's/^action=//p' "$dir/told")
if grep -q '^username=wrong' "$dir/told"; then echo "login with $(sed -n 's/^password=//p' "$dir/told") refused" >&2; exit 1; fi
case $action in
  on|off) echo $action > "$dir/power" ;;
  status) if [ "$(cat "$dir/power")" = on ]; then exit 0; else exit 2; fi ;;
esac
`
let folder = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rookery-fence-'))
  await writeFile(join(folder, 'fence_file'), script)
  await chmod(join(folder, 'fence_file'), 0o755)
  await writeFile(join(folder, 'power'), 'on\n')
})
after(() => rm(folder, { recursive: true, force: true }))

const device = {
  type: 'file',
  address: '192.0.2.7',
  port: 623,
  username: 'admin',
  password: 'hunter2 = "',
  secure: true,
  options: { slot: '4', lanplus: '1' },
}
const ask = (action: 'status' | 'off' | 'on', more: Partial<typeof device> = {}) =>
  powerHandlers(['/nonexistent', folder])['power.fence'](
    { kind: 'power.fence', action, device: { ...device, ...more }, timeoutSeconds: 30 },
    { signal: new AbortController().signal, progress: () => {}, log: pino({ level: 'silent' }) },
  )

test('power is asked for, switched off and on, and the answer is what the device says afterwards', async () => {
  assert.deepEqual(await ask('status'), { power: 'on' })
  assert.deepEqual(await ask('off'), { power: 'off' })
  assert.deepEqual(await ask('off'), { power: 'off' })
  assert.deepEqual(await ask('on'), { power: 'on' })
})

test('everything is told on standard input, nothing on the command line (R66)', async () => {
  await ask('status')
  assert.equal(
    await readFile(join(folder, 'told'), 'utf8'),
    'action=status\nip=192.0.2.7\nusername=admin\npassword=hunter2 = "\nipport=623\nplug=4\nsecure=1\nlanplus=1\n',
  )
  assert.ok(!(await readFile(join(folder, 'cmdline'), 'utf8')).includes('hunter2'))
})

test('an agent that fails is quoted without the password; one that is not there says which package brings it', async () => {
  await assert.rejects(
    ask('off', { username: 'wrong', password: 'tell-me-not' }),
    (error: Error & { code: string }) => {
      assert.equal(error.code, 'fence.failed')
      assert.match(error.message, /login with \*\*\* refused/)
      return !JSON.stringify(error).includes('tell-me-not')
    },
  )
  await assert.rejects(ask('off', { type: 'nothing_like_it' }), { code: 'fence.no_program' })
})
