import assert from 'node:assert/strict'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { silent } from './progress.ts'
import { ensureTools, missingTools, type Tool } from './tools.ts'

const tools: Tool[] = [
  { program: 'sh', package: 'dash' },
  { program: 'no-such-program-a', package: 'package-a' },
  { program: 'no-such-program-b', package: 'package-a' },
]

/** Puts a stand-in for apt-get first on the PATH; gives the calls that it got, one line each. */
async function fakeApt(t: TestContext, body: string): Promise<() => Promise<string[]>> {
  const folder = await mkdtemp(join(tmpdir(), 'rookery-apt.'))
  const log = join(folder, 'log')
  await writeFile(join(folder, 'apt-get'), `#!/bin/sh\necho "$@" >>${log}\n${body}\n`)
  await chmod(join(folder, 'apt-get'), 0o755)
  const path = process.env.PATH
  process.env.PATH = `${folder}:${path}`
  t.after(async () => {
    process.env.PATH = path
    await rm(folder, { recursive: true })
  })
  return async () => (await readFile(log, 'utf8')).trim().split('\n')
}

test('programs that are not on this machine are found missing', async () => {
  assert.deepEqual(
    (await missingTools(tools)).map(tool => tool.program),
    ['no-such-program-a', 'no-such-program-b'],
  )
})

test('nothing is installed without being told; the command is said', async () => {
  await assert.rejects(ensureTools({ install: false, progress: silent, tools }), {
    code: 'lab.packages.missing',
    message: /needs these Debian packages: package-a\. Run `apt-get install --no-install-recommends package-a`/,
  })
})

const root = process.getuid?.() === 0
test('packages are listed before they are installed, once each', { skip: root ? false : 'needs root' }, async t => {
  const calls = await fakeApt(t, 'exit 0')
  const said: string[] = []
  await ensureTools({ install: true, progress: line => said.push(line), tools })
  assert.deepEqual(said, ['installing Debian packages: package-a'])
  assert.deepEqual(await calls(), ['-qq -o DPkg::Lock::Timeout=600 install -y --no-install-recommends package-a'])
})

test('stale package lists are refreshed once, and a second failure is told in apt’s words', {
  skip: root ? false : 'needs root',
}, async t => {
  const calls = await fakeApt(t, 'case $* in *update*) exit 0;; esac; echo "E: 404  Not Found" >&2; exit 100')
  await assert.rejects(ensureTools({ install: true, progress: silent, tools }), /ended with 100: E: 404 {2}Not Found/)
  assert.deepEqual(
    (await calls()).map(call => call.split(' ')[3]),
    ['install', 'update', 'install'],
  )
})
