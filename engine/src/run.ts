/** The life of one engine process: configuration, start, signals, end. `main.ts` loads it. */
import { RookeryError } from '@rookery/model'
import { createEngine } from './app.ts'
import { readConfig } from './config.ts'
import { createLogger } from './http/logger.ts'

const fatal = createLogger('info', {})
const die = (error: unknown): never => {
  fatal.error(
    { err: error },
    error instanceof RookeryError ? error.message : 'the engine ends because of an unexpected error',
  )
  process.exit(1)
}
process.on('uncaughtException', die)
process.on('unhandledRejection', die)

const file = process.argv[2]
if (file === undefined) {
  process.stderr.write('usage: node main.ts CONFIG.json\n')
  process.exit(2)
}

const engine = await createEngine(await readConfig(file))
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(signal, () => {
    // Hosts that hang must not keep it: after this time the lease runs out by itself.
    setTimeout(() => process.exit(1), 15_000).unref()
    void engine.stop().then(() => process.exit(0))
  })
await engine.start()
