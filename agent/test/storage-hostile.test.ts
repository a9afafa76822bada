import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { after, before, describe, test } from 'node:test'
import { pino } from 'pino'
import { createConfinement } from '../src/storage/confine.ts'
import { createQemuImg } from '../src/storage/qemu-img.ts'
import { bentQcow2, hostileImages } from '../src/storage/testing-images.ts'

const missing = spawnSync('qemu-img', ['--version']).status === 0 ? false : 'qemu-img is not installed'
const noStrace =
  spawnSync('strace', ['-qq', '-o', '/dev/null', 'true']).status === 0 ? false : 'strace does not work here'
const root = process.getuid?.() === 0

describe('hostile images (W1 to W6)', { skip: missing }, () => {
  let dir = ''
  let canary = ''
  before(() => {
    dir = mkdtempSync(`${tmpdir()}/rookery-hostile.`)
    canary = `${dir}/canary`
    writeFileSync(canary, 'CANARY CONTENT'.repeat(1000))
  })
  after(() => rmSync(dir, { recursive: true, force: true }))

  test('each is refused with its own reason, and nobody ever opens the file that it names', () => {
    const program = fileURLToPath(new URL('../src/storage/testing-hostile.ts', import.meta.url))
    const log = `${dir}/strace.log`
    const watched = noStrace === false
    const watcher = ['-f', '-qq', '-s', '4096', '-e', 'trace=open,openat,openat2,execve', '-o', log]
    const args = [program, canary]
    const options = { encoding: 'utf8', timeout: 300_000 } as const
    const ran = watched
      ? spawnSync('strace', [...watcher, process.execPath, ...args], options)
      : spawnSync(process.execPath, args, options)
    assert.equal(ran.status, 0, ran.stderr)
    const outcomes = JSON.parse(ran.stdout) as Record<string, { verify: string; extend: string; read: string }>
    for (const image of hostileImages(canary)) {
      const outcome = outcomes[image.name]
      assert.ok(outcome)
      if (image.why === null) {
        assert.equal(outcome.verify, 'ok 2097152', image.name)
        assert.equal(outcome.extend, 'ok 8388608', image.name)
        assert.equal(outcome.read, 'status 200', image.name)
      } else {
        assert.equal(outcome.verify, `image.refused.${image.why}`, image.name)
        assert.equal(outcome.read, 'volume.illegal', image.name)
        assert.equal(outcome.extend, 'volume.illegal', image.name)
      }
    }
    if (!watched) return
    const opened = readFileSync(log, 'utf8').split('\n')
    const touching = opened.filter(line => /open/.test(line) && line.includes(`"${canary}"`))
    assert.deepEqual(touching, [])
    assert.deepEqual(
      opened.filter(line => line.includes('"/etc/passwd"') && line.includes('qemu')),
      [],
    )
    // The watcher did see what happened: programs were started on descriptors, with their formats.
    assert.ok(opened.some(line => /execve\(.*qemu-img.*"check", "-f", "qcow2"/.test(line)))
    for (const line of opened.filter(line => /execve\(.*"qemu-(img|nbd)"/.test(line)))
      assert.match(line, /"(-f", "(qcow2|raw)"|--format=qcow2")|"true"/)
  })

  test('qemu-img by itself, confined, cannot read what only root may', {
    skip: root ? false : 'needs root',
  }, async () => {
    chmodSync(dir, 0o755)
    chmodSync(canary, 0o600)
    const path = `${dir}/evil.qcow2`
    writeFileSync(path, bentQcow2({ incompatible: 4n, extensions: [[0x44415441, canary]] }), { mode: 0o666 })
    const file = await open(path)
    try {
      const qemuImg = createQemuImg(await createConfinement(36, pino({ level: 'silent' })))
      await assert.rejects(qemuImg.checkQcow2(file), { code: 'qemu_img.failed', message: /Permission denied/ })
    } finally {
      await file.close()
    }
  })

  test('a program that asks too much memory, time or output is ended', async () => {
    const confinement = await createConfinement(root ? 36 : null, pino({ level: 'silent' }))
    const usual = { files: [], memory: 1 << 28, cpuSeconds: 5, seconds: 20, outputBytes: 1000 }
    await assert.rejects(confinement.run(['sleep', '60'], { ...usual, seconds: 0.2 }), {
      code: 'image_program.too_slow',
    })
    await assert.rejects(confinement.run(['yes'], usual), { code: 'image_program.too_much' })
    const greedy = await confinement.run(['dd', 'if=/dev/zero', 'of=/dev/null', 'bs=1G', 'count=1'], usual)
    assert.equal(greedy.code, 1)
    const spin = await confinement.run(['sh', '-c', 'while :; do :; done'], { ...usual, cpuSeconds: 1 })
    assert.notEqual(spin.signal ?? spin.code, 0)
    const stop = new AbortController()
    const running = confinement.run(['sleep', '60'], { ...usual, signal: stop.signal })
    stop.abort()
    await assert.rejects(running, { code: 'image_program.cancelled' })
  })
})
