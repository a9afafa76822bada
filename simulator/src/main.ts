import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { pino } from 'pino'
import { z } from 'zod'
import { createSimulator } from './simulator.ts'

const Config = z.strictObject({
  listen: z.strictObject({ host: z.string().default('127.0.0.1'), port: z.int().min(0).max(65_535) }),
  /** Files in PEM form. */
  tls: z.strictObject({ cert: z.string(), key: z.string(), ca: z.string() }),
  hosts: z.int().min(1).max(100_000),
  dataDir: z.string().nullable().default(null),
  seed: z.union([z.string(), z.number()]).default(0),
  clock: z.enum(['real', 'manual']).default('real'),
  cpus: z.enum(['same', 'mixed']).default('same'),
  pace: z.number().positive().max(1_000).default(1),
  imagesPort: z.int().min(0).max(65_535).default(0),
})

/** `node simulator/src/main.ts --config FILE`: a fleet as a process of its own, until SIGTERM or SIGINT. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { config: { type: 'string' } } })
  if (values.config === undefined) throw new Error('Say where the configuration is: --config FILE')
  const config = Config.safeParse(JSON.parse(readFileSync(values.config, 'utf8')))
  if (!config.success) throw new Error(`${values.config}: ${z.prettifyError(config.error)}`)
  const { tls, ...rest } = config.data
  const log = pino({ name: 'simulator' })
  const sim = await createSimulator({
    ...rest,
    tls: { cert: readFileSync(tls.cert), key: readFileSync(tls.key), ca: readFileSync(tls.ca) },
    log,
  })
  log.info({ url: sim.url, imagesUrl: sim.imagesUrl, hosts: sim.hosts, clock: sim.clock.kind }, 'listening')
  const stop = () => {
    log.info('stopping')
    sim.close().then(
      () => process.exit(0),
      (err: unknown) => {
        log.error({ err }, 'could not stop')
        process.exit(1)
      },
    )
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
})
