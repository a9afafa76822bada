import { parseArgs } from 'node:util'
import { RookeryError } from '@rookery/model'
import { startAgent } from './agent.ts'
import { readConfig } from './config.ts'
import { makeLog } from './log.ts'
import { createStorage } from './storage/index.ts'

/** `main.ts --config FILE`: runs the agent until SIGTERM or SIGINT. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { config: { type: 'string' } } })
  if (values.config === undefined) throw new Error('Usage: main.ts --config FILE')
  const config = readConfig(values.config)
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

main().catch(error => {
  // Before the log exists, or when it could not be made: whoever started the agent reads this.
  process.stderr.write(`${error instanceof RookeryError || error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
})
