import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import type { Status } from '../src/commands/status.ts'
import { appRoot } from '../src/instance/paths.ts'
import { freePort } from '../src/instance/ports.ts'
import { missingPackages } from '../src/packages/apt.ts'
import { hostPackages, testPackages } from '../src/packages/list.ts'
import { isRoot } from '../src/system/account.ts'
import { exec, type Finished } from '../src/system/exec.ts'
import { hasSystemd } from '../src/system/systemd.ts'
import { until } from '../src/testing/until.ts'

const missing = isRoot()
  ? await missingPackages([...hostPackages({ arch: process.arch, systemd: hasSystemd() }), ...testPackages])
  : []
const skip = !isRoot()
  ? 'needs root for a real host'
  : missing.length
    ? `needs the packages ${missing.map(n => n.name).join(', ')}`
    : false

// One instance goes through its life, from nothing to down. Its folder is closed to others, as a root user's home is.
describe('a real instance', { skip, timeout: 600_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cli-up.'))
  await chmod(folder, 0o700)
  const dataDir = join(folder, 'data')
  const port = await freePort('127.0.0.1', 18_443)
  const rookery = (...words: string[]): Promise<Finished> =>
    exec([join(appRoot, 'rookery'), ...words, '--data-dir', dataDir], {
      timeout: 300_000,
      env: { PATH: process.env.PATH ?? '', HOME: folder, ROOKERY_ADMIN_PASSWORD: 'a password with spaces' },
    })
  const status = async () => JSON.parse((await rookery('status', '--json')).stdout) as Status
  after(async () => {
    await rookery('down', '--vms', '--timeout', '5')
    await rm(folder, { recursive: true, force: true })
  })
  const bridges = async () => {
    const { engineId } = JSON.parse(await readFile(join(dataDir, 'instance.json'), 'utf8')) as { engineId: string }
    return (await readdir('/sys/class/net')).filter(name => name.startsWith(`rk${engineId.slice(0, 6)}`))
  }

  test('comes up from nothing in a folder closed to others, with host and storage, also when a port is lost just then', async () => {
    const settings = () => readFile(join(dataDir, 'instance.json'), 'utf8').then(JSON.parse, () => undefined)
    const starting = rookery('up', '--yes', '--detach', '--json', '--port', String(port))
    const { agentPort } = (await until(settings, 300_000)) as { agentPort: number }
    // Other instances come up at the same time (in this suite, too), and any may choose the same port.
    const thief = createServer()
      .listen(agentPort, '127.0.0.1')
      .on('error', () => undefined)
    const up = await starting
    thief.close()
    assert.equal(up.code, 0, up.stderr)
    assert.notEqual((await settings()).agentPort, agentPort)
    const said = JSON.parse(up.stdout) as { url: string; alreadyRunning: boolean }
    assert.deepEqual([said.url, said.alreadyRunning], [`https://127.0.0.1:${port}/`, false])
    const now = await status()
    assert.ok(now.healthy, now.problems.join('; '))
    assert.deepEqual(
      now.hosts?.map(h => h.status),
      ['up'],
    )
    assert.deepEqual(now.storageDomains?.map(d => `${d.type} ${d.status}`).sort(), ['data active', 'iso active'])
  })

  test('takes the password from the environment, and nobody can read it from a process or a log', async () => {
    assert.equal(await readFile(join(dataDir, 'secrets/admin-password'), 'utf8'), 'a password with spaces\n')
    for (const pid of (await readdir('/proc')).filter(n => /^\d+$/.test(n) && n !== String(process.pid))) {
      const words = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '') // it has ended
      assert.ok(!words.includes('a password with spaces'), words)
    }
    for (const name of await readdir(join(dataDir, 'log')))
      assert.ok(!(await readFile(join(dataDir, 'log', name), 'utf8')).includes('a password with spaces'), name)
  })

  test('a second up changes nothing and says so', async () => {
    const before = await status()
    const again = await rookery('up', '--yes', '--detach', '--json')
    assert.equal(again.code, 0)
    assert.equal((JSON.parse(again.stdout) as { alreadyRunning: boolean }).alreadyRunning, true)
    assert.equal((await status()).engine?.pid, before.engine?.pid)
    const other = await rookery('up', '--yes', '--detach', '--port', '1')
    assert.equal(other.code, 9)
  })

  test('engine, agent, database and libvirtd come back after they were killed', async () => {
    const before = await status()
    const pids = [before.engine, before.agent, before.database, before.libvirtd].map(
      p => p?.pid ?? assert.fail('no process'),
    )
    for (const pid of pids) process.kill(pid, 'SIGKILL')
    const now = await until(async () => {
      const s = await status()
      return s.healthy && !pids.includes(s.engine?.pid ?? -1) && s
    }, 120_000)
    assert.deepEqual(
      now.hosts?.map(h => h.status),
      ['up'],
    )
  })

  test('nothing of its mounts is seen outside', async () => {
    assert.ok(!(await readFile('/proc/self/mountinfo', 'utf8')).includes('rookery/data'))
  })

  test('when the supervisor is killed everything ends, and the next up starts over', async () => {
    const before = await status()
    process.kill(before.supervisor?.pid ?? assert.fail('no supervisor'), 'SIGKILL')
    await until(async () => !(await status()).running, 60_000)
    const up = await until(async () => {
      const tried = await rookery('up', '--yes', '--detach', '--json')
      return tried.code === 0 && tried // the old agent may still hold its port for a moment
    }, 200_000)
    assert.equal((JSON.parse(up.stdout) as { alreadyRunning: boolean }).alreadyRunning, false)
    assert.ok((await status()).healthy)
  })

  test('R131: the doctor finds nothing in it that blocks, and a clock that is off the engine’s by seconds', async () => {
    const doctor = async (...before: string[]) => {
      const words = [join(appRoot, 'rookery'), 'doctor', '--json', '--data-dir', dataDir]
      const said = await exec([...before, ...words] as [string, ...string[]], {
        env: { PATH: process.env.PATH ?? '', HOME: folder },
      })
      return {
        code: said.code,
        ...(JSON.parse(said.stdout) as { findings: { code: string; verdict: string; what: { en: string } }[] }),
      }
    }
    const healthy = await doctor()
    assert.deepEqual([healthy.code, healthy.findings.filter(f => f.verdict === 'bad')], [0, []])
    assert.ok(healthy.findings.some(f => f.code === 'doctor.instance.ok'))
    const late = await doctor('/usr/bin/faketime', '-f', '-5s')
    assert.equal(late.code, 1)
    assert.match(late.findings.find(f => f.code === 'doctor.clock.skew')?.what.en ?? '', /[45]\.\d s behind the engine/)
  })

  test('logs are shown together and one by one; an unknown part is refused', async () => {
    const all = await rookery('logs', '--lines', '500')
    assert.match(all.stdout, /engine +\|/)
    assert.match(all.stdout, /agent +\|/)
    assert.doesNotMatch((await rookery('logs', 'agent')).stdout, /engine +\|/)
    assert.equal((await rookery('logs', 'nothing')).code, 2)
  })

  test('in the foreground Ctrl-C is a down', async () => {
    assert.ok((await bridges()).length > 0)
    assert.equal((await rookery('down')).code, 0)
    assert.deepEqual(await bridges(), [], 'without VMs nothing is left behind')
    const up = spawn(join(appRoot, 'rookery'), ['up', '--yes', '--json', '--data-dir', dataDir], {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { PATH: process.env.PATH ?? '', HOME: folder },
    })
    const ended = new Promise<number | null>(resolve => up.on('close', resolve))
    let said = ''
    up.stdout.setEncoding('utf8').on('data', (s: string) => (said += s))
    await until(() => said.includes('"running": true'), 200_000)
    up.kill('SIGINT')
    assert.equal(await ended, 0)
    assert.equal((await rookery('status')).code, 3)
  })
})
