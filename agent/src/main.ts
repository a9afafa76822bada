import { parseArgs } from 'node:util'
import { RookeryError } from '@rookery/model'
import { EnrolmentAnswer } from '@rookery/protocol'
import { readConfig } from './config.ts'

const usage = `Usage:
  rookery-agent --config FILE         runs the agent until SIGTERM or SIGINT
  rookery-agent keepers --config FILE keeps the storage leases of this host, also while no agent runs; guests depend on it
  rookery-agent join TOKEN [options]  makes this machine a host of the engine that gave the token
    --config FILE     where the agent's configuration goes (default /var/opt/rookery-agent/config.json)
    --address NAME    how the engine reaches this host (default: the address that this host reaches the engine by)
    --listen ADDRESS  where the agent listens (default 0.0.0.0)
    --uplink CARD     the network card for bridged networks
    --fence-agents DIR  another folder with fence agents, beside /usr/sbin
    --force           leave another engine that this machine is a host of
  rookery-agent prepare --config FILE makes libvirt ready for guests that come from other hosts
`

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      config: { type: 'string' },
      engine: { type: 'string' },
      'engine-name': { type: 'string' },
      address: { type: 'string' },
      listen: { type: 'string' },
      'data-dir': { type: 'string' },
      'run-dir': { type: 'string' },
      accel: { type: 'string' },
      uplink: { type: 'string' },
      subnet: { type: 'string' },
      pki: { type: 'string' },
      'fence-agents': { type: 'string' },
      force: { type: 'boolean' },
    },
  })
  const [command, token] = positionals
  if (command === 'join' && token !== undefined) {
    const { joinEngine } = await import('./enrol/join.ts')
    const name = await joinEngine({
      ...values,
      token: token === '-' ? await standardInput() : token,
      config: values.config ?? '/var/opt/rookery-agent/config.json',
      engineName: values['engine-name'],
      dataDir: values['data-dir'],
      runDir: values['run-dir'],
      fenceAgents: values['fence-agents'],
    })
    process.stdout.write(`This machine is host ${name} now.\n`)
    return
  }
  if (command === 'prepare' && values.config !== undefined) {
    const { prepareMachine } = await import('./prepare/prepare.ts')
    for (const line of await prepareMachine(readConfig(values.config))) process.stdout.write(`${line}\n`)
    return
  }
  if (command === 'enrol' && values.config !== undefined) {
    // What the engine runs over SSH; people use `join`.
    const { askForEnrolment, settle } = await import('./enrol/join.ts')
    const o = { ...values, config: values.config, dataDir: values['data-dir'], runDir: values['run-dir'] }
    if (token === 'request') process.stdout.write(JSON.stringify(await askForEnrolment(o)))
    else await settle(o, EnrolmentAnswer.parse(JSON.parse(await standardInput())), values.address ?? '')
    return
  }
  if (command === 'keeper' && token !== undefined) {
    // What `keepers` starts for each storage domain.
    const { runKeeper } = await import('./keeper/programs.ts')
    return runKeeper(token)
  }
  if (command === 'keepers' && values.config !== undefined) {
    const { runKeepers } = await import('./keeper/programs.ts')
    const own = [...process.execArgv, process.argv[1] ?? '']
    return runKeepers(readConfig(values.config), file => [...own, 'keeper', file])
  }
  if (command !== undefined || values.config === undefined) throw new Error(usage)
  await run(values.config)
}

async function run(file: string): Promise<void> {
  const [{ startAgent }, { makeLog }, { createStorage }] = await Promise.all([
    import('./agent.ts'),
    import('./log.ts'),
    import('./storage/index.ts'),
  ])
  const config = readConfig(file)
  // Files are made with the modes that they need: storage must be passable for QEMU's user, whatever the starter's mask was.
  process.umask(0o022)
  const log = makeLog(config.log.level)
  process.on('unhandledRejection', error => log.error({ err: error }, 'a promise failed that nobody waited for'))
  const agent = await startAgent(config, log, createStorage)
  const stop = (signal: string) => {
    log.info({ signal }, 'stopping')
    agent.stop().then(
      () => process.exit(0),
      error => {
        log.error({ err: error }, 'the agent could not stop in good order')
        process.exit(1)
      },
    )
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
}

/** A token on the command line is seen by everybody on the machine; `-` reads it from standard input. */
async function standardInput(): Promise<string> {
  let text = ''
  for await (const chunk of process.stdin.setEncoding('utf8')) text += chunk
  return text.trim()
}

main().catch(error => {
  // Before the log exists, or when it could not be made: whoever started the agent reads this.
  const said = error instanceof RookeryError || error instanceof Error ? error.message : String(error)
  process.stderr.write(`${said}\n`)
  process.exit(1)
})
