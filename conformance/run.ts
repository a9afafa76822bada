import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { bringUp, existing, takeDown, tinyImages } from './harness/instance.ts'
import { Report, sentence } from './harness/report.ts'
import { groupNames, groups, onDemand, type Setting } from './groups.ts'

/**
 * `./rookery test conformance`: real clients against a Rookery of its own. See README.md. Ends with 0 when nothing failed.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string' },
    against: { type: 'string' },
    record: { type: 'boolean' },
  },
})
const named = [...positionals, ...(values.only?.split(',') ?? [])]
const wanted = named.length > 0 ? named : groupNames
/** `ovirtsdk4/walk` is one part of a group. */
const groupOf = (name: string) => name.split('/', 1)[0] ?? ''
const all = [...groups, ...onDemand]
const unknown = wanted.filter(name => !all.some(group => group.name === groupOf(name)))
if (unknown.length > 0) {
  const names = all.map(group => group.name).join(', ')
  process.stderr.write(`there is no group ${unknown.join(', ')}; there are ${names}\n`)
  process.exit(2)
}

const cache = join(process.env['ROOKERY_CACHE'] ?? '/var/cache/rookery-test', 'conformance')
const report = new Report()
const scratch = await mkdtemp('/var/tmp/rookery-conformance-files.')
/** The folder of our own instance; none with `--against`. */
const own = values.against === undefined ? await mkdtemp('/var/tmp/rookery-conformance.') : undefined
let stopping: Promise<void> | undefined
/** The start of our instance: it cannot be taken down while it is under way. */
let starting: Promise<unknown> = Promise.resolve()

/** Takes everything down once, whoever asks first: the end of the run, or a signal. */
function stop(): Promise<void> {
  stopping ??= (async () => {
    await starting.catch(() => undefined) // told where it was waited for
    const keep = process.env['ROOKERY_KEEP'] === '1' && report.count('failed') > 0
    if (own !== undefined && keep) report.say(`Left running, as asked: ${own}`)
    else if (own !== undefined) await takeDown(own)
    await rm(scratch, { recursive: true, force: true })
  })()
  return stopping
}

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    process.stderr.write('Interrupted: the instance is taken down first.\n')
    void stop()
      .catch((error: unknown) => process.stderr.write(`${sentence(error)}\n`))
      .finally(() => process.exit(130))
  })

try {
  const images = await report.check('the tiny guest is built', () => tinyImages(cache))
  const instance = await report.check('an instance is up', () => {
    const up = own === undefined ? existing(values.against ?? '') : bringUp(own)
    starting = up
    return up
  })
  if (images !== undefined && instance !== undefined) {
    for (const group of all.filter(each => wanted.some(name => groupOf(name) === each.name))) {
      const parts = wanted
        .filter(name => name.startsWith(`${group.name}/`))
        .map(name => name.slice(group.name.length + 1))
      const setting: Setting = { instance, images, cache, scratch, parts, record: values.record ?? false }
      report.say(`\n${group.name}`)
      try {
        await group.run(report.group(group.name), setting)
      } catch (error) {
        report.group(group.name).fail('the group runs to its end', sentence(error))
      }
    }
  }
} finally {
  try {
    await stop()
  } catch (error) {
    report.fail('the instance is taken down', sentence(error))
  }
}
report.say(`\n${report.sum}`)
// Sockets that a client program left behind must not keep a finished run alive.
process.exit(report.count('failed') === 0 ? 0 : 1)
