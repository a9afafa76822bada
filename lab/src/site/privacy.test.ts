import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { leaks, rightsAbove } from './privacy.ts'

test('a secret is found in the words of a process and in files at any depth', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'rookery-privacy.'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  await mkdir(join(folder, 'a/b'), { recursive: true })
  await writeFile(join(folder, 'a/b/log'), 'it said: open-sesame.\n')
  // Made up from two halves, or this test's own source would be found where it is given as words.
  const secret = ['open', 'sesame'].join('-')
  const child = spawn('cat', ['-', `/nonexistent/${secret}`], { stdio: ['pipe', 'ignore', 'ignore'] })
  t.after(() => child.kill())
  await once(child, 'spawn')
  assert.deepEqual(await leaks(folder, [secret], [folder]), [
    `the words of process ${child.pid}`,
    join(folder, 'a/b/log'),
  ])
  assert.deepEqual(await leaks(folder, [`${secret}!`], [folder]), [])
})

test('rights are told for a folder and all above it', async () => {
  const rights = await rightsAbove('/proc/self')
  assert.deepEqual(
    rights.map(r => r.split(' ')[0]),
    ['/proc/self', '/proc', '/'],
  )
  assert.match(rights[2] ?? '', /^\/ \d+:\d+ 4\d{4}$/)
})
