import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { proofOf, type SwitchAction, type SwitchReply, type SwitchSaid } from './power-switch.ts'

/**
 * The fence agent of `rookery lab`, by the rules of fence agents: it reads `name=value` lines, of which nothing is secret to it alone, does
 * what `action` says and ends with 0; `status` ends with 2 where the power is off; a failure is a sentence and 1. It speaks with the lab's
 * power switch over the network of the host that runs it, so a host that is cut off fences nobody.
 */
const defaultPort = 6230
const actions = ['on', 'off', 'reboot', 'status', 'monitor', 'list', 'metadata'] as const

const metadata = `<?xml version="1.0" ?>
<resource-agent name="fence_rookery_lab" shortdesc="Fence agent for hosts of rookery lab">
<longdesc>Switches the power of hosts of "rookery lab" by the lab's power switch.</longdesc>
<parameters>
${[
  ['action', 'Fencing action', 'reboot'],
  ['ip', 'Address of the power switch', ''],
  ['ipport', 'TCP port of the power switch', String(defaultPort)],
  ['username', 'Login name', ''],
  ['password', 'Password', ''],
  ['plug', 'Name of the host, like h1', ''],
]
  .map(
    ([name, says, value]) =>
      `<parameter name="${name}"><content type="string"${value === '' ? '' : ` default="${value}"`}/><shortdesc lang="en">${says}</shortdesc></parameter>`,
  )
  .join('\n')}
</parameters>
<actions>
${actions.map(name => `<action name="${name}"/>`).join('\n')}
</actions>
</resource-agent>
`

/** The words by their newer names; older clients say `ipaddr`, `login`, `passwd`, `port`. */
const older: Readonly<Record<string, string>> = {
  option: 'action',
  ipaddr: 'ip',
  login: 'username',
  passwd: 'password',
  port: 'plug',
}

function read(input: string): Map<string, string> {
  const words = new Map<string, string>()
  for (const line of input.split('\n')) {
    const at = line.indexOf('=')
    if (at < 1 || line.startsWith('#')) continue
    const name = line.slice(0, at).trim()
    words.set(older[name] ?? name, line.slice(at + 1))
  }
  return words
}

const words =
  process.argv[2] === '-o' || process.argv[2] === '--action'
    ? new Map([['action', process.argv[3] ?? '']])
    : read(await text(process.stdin))
const action = actions.find(each => each === (words.get('action') || 'reboot'))
try {
  process.exitCode = await act()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}

async function act(): Promise<number> {
  switch (action) {
    case undefined:
      throw new Error(`fence_rookery_lab knows the actions ${actions.join(', ')}, not "${words.get('action')}".`)
    case 'metadata':
      process.stdout.write(metadata)
      return 0
    case 'monitor':
      await ask('list', '')
      return 0
    case 'list': {
      const said = await ask('list', '')
      if ('outlets' in said) for (const outlet of said.outlets) process.stdout.write(`${outlet},\n`)
      return 0
    }
    case 'reboot':
      await ask('off', plug())
      await ask('on', plug())
      return 0
    case 'status': {
      const said = await ask('status', plug())
      const power = 'power' in said ? said.power : 'unknown'
      process.stdout.write(`Status: ${power.toUpperCase()}\n`)
      return power === 'on' ? 0 : 2
    }
    default:
      await ask(action, plug())
      return 0
  }
}

function plug(): string {
  const name = words.get('plug')
  if (name) return name
  throw new Error('plug is missing: the name of the host whose power it is, like h1.')
}

async function ask(what: SwitchAction, outlet: string): Promise<Exclude<SwitchSaid, { failed: string }>> {
  const [host, user, password] = ['ip', 'username', 'password'].map(name => words.get(name) ?? '') as [
    string,
    string,
    string,
  ]
  const port = Number(words.get('ipport') || defaultPort)
  const socket = connect({ host, port, timeout: 10_000 })
  const silent = (why: string) => new Error(`The power switch at ${host}:${port} does not answer: ${why}`)
  const gone = new Promise<never>((_, reject) => {
    socket.once('error', error => reject(silent(error.message)))
    socket.once('timeout', () => reject(silent('it takes too long.')))
  })
  gone.catch(() => undefined) // what waits for it is told; afterwards nothing does
  const connected = new Promise(resolve => socket.once('connect', resolve))
  await Promise.race([connected, gone])
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]()
  const line = async <T>(): Promise<T> => {
    const { value, done } = await Promise.race([lines.next(), gone])
    if (done === true) throw silent('it hung up.')
    return JSON.parse(value) as T
  }
  try {
    const { nonce } = await line<{ nonce: string }>()
    // Killing a host with guests takes its time.
    socket.setTimeout(60_000)
    socket.write(
      `${JSON.stringify({ user, action: what, outlet, proof: proofOf(password, nonce, user, what, outlet) })}\n`,
    )
    const reply = await line<SwitchReply>()
    const said = JSON.parse(reply.said) as SwitchSaid
    if ('failed' in said) throw new Error(`The power switch refuses: ${said.failed}.`)
    if (reply.proof !== proofOf(password, nonce, reply.said))
      throw new Error(`What answers at ${host}:${port} does not know the password of the power switch.`)
    return said
  } finally {
    socket.destroy()
  }
}
