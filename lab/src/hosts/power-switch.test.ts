import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { serveSwitch, type SwitchSaid } from './power-switch.ts'

const password = 'a = "password" $HOME'
const agent = join(import.meta.dirname, '../../fence/fence_rookery_lab')
const power = new Map<string, 'on' | 'off'>([['h1', 'on']])
const server = createServer()
let port = 0

before(async () => {
  serveSwitch(server, password, async (action, outlet): Promise<SwitchSaid> => {
    if (action === 'list') return { outlets: [...power.keys()] }
    if (!power.has(outlet)) return { failed: `there is no outlet ${outlet}` }
    if (action !== 'status') power.set(outlet, action)
    return { power: power.get(outlet) ?? 'off' }
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
after(() => new Promise(resolve => server.close(resolve)))

/** The agent as its users run it: everything on standard input. */
function fence(
  words: Record<string, string>,
  ...args: string[]
): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(agent, args, { stdio: 'pipe', env: { PATH: '/usr/bin:/bin' } })
    let [out, err] = ['', '']
    child.stdout.setEncoding('utf8').on('data', text => (out += text))
    child.stderr.setEncoding('utf8').on('data', text => (err += text))
    child.once('error', reject)
    child.once('close', code => resolve({ code, out, err }))
    child.stdin.on('error', () => undefined) // it needs none
    child.stdin.end(
      Object.entries(words)
        .map(([name, value]) => `${name}=${value}\n`)
        .join(''),
    )
  })
}
const ask = (action: string, more: Record<string, string> = {}) =>
  fence({ action, ip: '127.0.0.1', ipport: String(port), username: 'lab', password, plug: 'h1', ...more })

test('the lab’s fence agent does what fence agents do, and says it by its code (R66)', async () => {
  assert.equal((await ask('status')).code, 0)
  assert.equal((await ask('off')).code, 0)
  assert.equal(power.get('h1'), 'off')
  assert.equal((await ask('status')).code, 2)
  assert.equal((await ask('off')).code, 0)
  assert.equal((await ask('reboot')).code, 0)
  assert.equal(power.get('h1'), 'on')
  assert.equal((await ask('monitor')).code, 0)
  assert.equal((await ask('list')).out, 'h1,\n')
  const old = {
    option: 'status',
    ipaddr: '127.0.0.1',
    ipport: String(port),
    login: 'lab',
    passwd: password,
    port: 'h1',
  }
  assert.equal((await fence(old)).code, 0)
  assert.match((await fence({}, '-o', 'metadata')).out, /<action name="reboot"\/>/)
})

test('whoever does not know the password switches nothing, and is not believed either', async () => {
  const wrong = await ask('off', { password: 'wrong' })
  assert.equal(wrong.code, 1)
  assert.match(wrong.err, /does not let lab in/)
  assert.equal(power.get('h1'), 'on')
  assert.match((await ask('off', { plug: 'h9' })).err, /no outlet h9/)
  assert.match((await ask('off', { plug: '' })).err, /plug is missing/)
  assert.match((await ask('explode')).err, /knows the actions/)
  assert.match((await ask('status', { ipport: '1' })).err, /does not answer/)
  const liar = createServer(socket => socket.end('{"nonce":"00"}\n{"said":"{\\"power\\":\\"off\\"}","proof":"00"}\n'))
  await new Promise<void>(resolve => liar.listen(0, '127.0.0.1', resolve))
  const lied = await ask('off', { ipport: String((liar.address() as AddressInfo).port) })
  liar.close()
  assert.equal(lied.code, 1)
  assert.match(lied.err, /does not know the password/)
})
