import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { imagesHelp, parseCall } from './command.ts'

const options = { dataDir: '/var/lib/rookery', json: false }

test('calls are read with their options, those of the command itself winning', () => {
  assert.deepEqual(parseCall(['build', 'tiny', '--force'], options), {
    ...options,
    verb: 'build',
    force: true,
    yes: false,
    debs: undefined,
  })
  assert.deepEqual(parseCall(['list', '--json', '--data-dir', '/srv/r'], options), {
    verb: 'list',
    json: true,
    dataDir: '/srv/r',
  })
  assert.deepEqual(parseCall(['path', 'tiny.iso'], options), { ...options, verb: 'path', part: 'iso' })
  assert.deepEqual(parseCall(['path', 'tiny'], options), { ...options, verb: 'path', part: 'disk' })
  assert.equal(parseCall(['build', '--help'], options).verb, 'help')
})

test('a wrong call says what is wrong and what there is', () => {
  const wrong: [string[], RegExp][] = [
    [[], /needs a verb/],
    [['paint'], /`paint` is no verb/],
    [['build'], /There is: tiny/],
    [['build', 'huge'], /no image `huge`; there is: tiny/],
    [['build', 'tiny', 'twice'], /`twice` is one word too many/],
    [['build', 'tiny', '--froce'], /--froce/],
    [['list', 'tiny'], /takes no name/],
    [['list', '--yes'], /belong to `build`/],
    [['path'], /path of what/],
    [['path', 'tiny.vdi'], /tiny\.qcow2/],
  ]
  for (const [argv, message] of wrong) {
    assert.throws(
      () => parseCall(argv, options),
      { kind: 'invalid', code: 'lab.images.usage', message },
      argv.join(' '),
    )
  }
})

/** Runs the command as a program of its own, to see its streams and its status. */
function command(dataDir: string, ...argv: string[]): { status: number | null; out: string; err: string } {
  const module = JSON.stringify(join(import.meta.dirname, 'command.ts'))
  const code = `import { imagesCommand } from ${module}
    process.exitCode = await imagesCommand(${JSON.stringify(argv)}, { dataDir: ${JSON.stringify(dataDir)}, json: false })`
  const done = spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8', timeout: 60_000 })
  return { status: done.status, out: done.stdout, err: done.stderr }
}

test('a wrong call ends with 2 and shows the help on standard error', () => {
  const { status, out, err } = command('/nowhere', 'paint')
  assert.deepEqual([status, out], [2, ''])
  assert.ok(err.startsWith('images: `paint` is no verb') && err.endsWith(imagesHelp))
  assert.deepEqual(command('/nowhere', '--help'), { status: 0, out: imagesHelp, err: '' })
})

test('without an image the list is empty and a path is a failure that says what to do', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'rookery-images.'))
  t.after(() => rm(folder, { recursive: true }))
  assert.deepEqual(command(folder, 'list', '--json'), { status: 0, out: '[]\n', err: '' })
  const { status, out, err } = command(folder, 'path', 'tiny.iso')
  assert.deepEqual([status, out], [1, ''])
  assert.match(err, /tiny\.iso is not in .*images\. Run `\.\/rookery images build tiny`/)
})
