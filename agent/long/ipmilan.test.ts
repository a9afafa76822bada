import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { accessSync } from 'node:fs'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createSocket } from 'node:dgram'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { pino } from 'pino'
import { powerHandlers } from '../src/power/fence.ts'

const programs = {
  '/usr/sbin/fence_ipmilan': 'fence-agents',
  '/usr/bin/ipmitool': 'ipmitool',
  '/usr/bin/ipmi_sim': 'openipmi',
}
const missing = Object.entries(programs).flatMap(([program, name]) => {
  try {
    accessSync(program)
    return []
  } catch {
    return [name]
  }
})
const skip = missing.length > 0 && `needs the Debian packages ${missing.join(', ')}`

/** A machine's management controller as OpenIPMI plays it; the power of the machine is a file. */
const lan = (folder: string, port: number) => `name "rookery"
set_working_mc 0x20
  startlan 1
    addr 127.0.0.1 ${port}
    priv_limit admin
    allowed_auths_callback none md2 md5 straight
    allowed_auths_user none md2 md5 straight
    allowed_auths_operator none md2 md5 straight
    allowed_auths_admin none md2 md5 straight
    guid a123456789abcdefa123456789abcdef
  endlan
  chassis_control "${folder}/chassis 0x20"
  user 1 true "" "test" user 10 none md2 md5 straight
  user 2 true "admin" "secret" admin 10 none md2 md5 straight
`
const controller = `mc_setbmc 0x20
mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr
sel_enable 0x20 1000 0x0a
mc_enable 0x20
`
const chassis = (folder: string) => `#!/bin/sh
shift
case $1 in
  get) shift; for p; do [ "$p" = power ] && echo "power:$(cat ${folder}/power)"; done ;;
  set) shift; while [ $# -gt 1 ]; do [ "$1" = power ] && echo "$2" > ${folder}/power; shift 2; done ;;
esac
exit 0
`

describe('Debian’s fence_ipmilan and a management controller that speaks IPMI', { skip }, () => {
  let folder = ''
  let simulator: ChildProcess
  let port = 0
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rookery-ipmi-'))
    port = await freePort()
    await writeFile(join(folder, 'lan.conf'), lan(folder, port))
    await writeFile(join(folder, 'sim.emu'), controller)
    await writeFile(join(folder, 'chassis'), chassis(folder))
    await writeFile(join(folder, 'power'), '1\n')
    await chmod(join(folder, 'chassis'), 0o755)
    const words = ['-c', join(folder, 'lan.conf'), '-f', join(folder, 'sim.emu'), '-s', folder, '-n']
    simulator = spawn('/usr/bin/ipmi_sim', words, { stdio: 'ignore' })
  })
  after(async () => {
    simulator?.kill()
    await rm(folder, { recursive: true, force: true })
  })

  test('power is asked for, cut and given through it (R66)', async () => {
    const ask = (action: 'status' | 'off' | 'on', password = 'secret') =>
      powerHandlers(['/usr/sbin'])['power.fence'](
        {
          kind: 'power.fence',
          action,
          device: {
            type: 'ipmilan',
            address: '127.0.0.1',
            port,
            username: 'admin',
            password,
            secure: false,
            options: { lanplus: '1', power_wait: '0' },
          },
          timeoutSeconds: 120,
        },
        { signal: AbortSignal.timeout(120_000), progress: () => {}, log: pino({ level: 'silent' }) },
      )
    assert.deepEqual(await ask('status'), { power: 'on' })
    assert.deepEqual(await ask('off'), { power: 'off' })
    assert.equal((await readFile(join(folder, 'power'), 'utf8')).trim(), '0')
    assert.deepEqual(await ask('off'), { power: 'off' })
    assert.deepEqual(await ask('status'), { power: 'off' })
    assert.deepEqual(await ask('on'), { power: 'on' })
    await assert.rejects(ask('off', 'wrong-password'), (error: Error & { code: string }) => {
      assert.equal(error.code, 'fence.failed')
      return !error.message.includes('wrong-password')
    })
    assert.deepEqual(await ask('status'), { power: 'on' })
  })
})

/** A UDP port that nobody has now. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4').once('error', reject)
    socket.bind(0, '127.0.0.1', () => {
      const { port } = socket.address()
      socket.close(() => resolve(port))
    })
  })
}
