import { type TestCluster, startTestCluster } from '@rookery/postgres'
import { buildConsole } from '../console/build.ts'
import { Fault } from '../fault.ts'
import type { Output } from '../output.ts'
import { step } from '../output.ts'
import { installPackages, missingPackages } from '../packages/apt.ts'
import { hostPackages, testPackages } from '../packages/list.ts'
import { isRoot } from '../system/account.ts'
import { canAsk, confirm } from '../system/ask.ts'
import { saysYes } from '../system/yes.ts'
import { hasSystemd } from '../system/systemd.ts'
import { hasConformance, runConformance } from '../testing/conformance.ts'
import { slowest } from '../testing/durations.ts'
import { indent, newTally, runSuite, type Tally } from '../testing/run-suite.ts'
import { CONFORMANCE, filesOf, type Suite, suiteNames, suites } from '../testing/suites.ts'

interface TestOptions {
  files?: string[]
  name?: string
  durations?: string | true
  list?: boolean
  json?: boolean
  yes?: boolean
  seed?: string
  kills?: string
  realKills?: string
  minutes?: string
  everyStep?: boolean
}

/**
 * `rookery test [suite…]`: sets up what the tests need, runs them, and closes with one line `N passed, N failed, N skipped`.
 * Exit 1 when one failed or none ran.
 */
export async function testCommand(names: readonly string[], o: TestOptions, out: Output): Promise<number> {
  for (const name of names)
    if (!suiteNames.includes(name))
      throw new Fault('usage', `There is no suite "${name}".`, `Known: ${suiteNames.join(', ')}`)
  const chosen = suites.filter(s => (names.length ? names.includes(s.name) : s.always))
  const wanted = chosen.map(s => (o.everyStep ? { ...s, files: [...s.files, ...(s.everyStep ?? [])] } : s))
  const found = await Promise.all(wanted.map(async s => [s, await filesOf(s, o.files)] as const))
  if (o.list) return list(found)
  const full = found.filter(([, files]) => files.length > 0)
  for (const [s] of found.filter(([, files]) => files.length === 0))
    process.stdout.write(`no tests in suite ${s.name} yet\n`)
  const clients = names.includes(CONFORMANCE)
  if (clients && !hasConformance()) process.stdout.write(`no tests in suite ${CONFORMANCE} yet\n`)
  if (clients || full.some(([s]) => s.packages)) {
    await packages(saysYes(o.yes), out)
    await buildConsole(out)
  }

  const total = newTally()
  const perSuite: Record<string, Omit<Tally, 'reasons'>> = {}
  // One throw-away database server for all test processes.
  const cluster = full.length ? await startTestCluster() : undefined
  try {
    const env = { ...environment(cluster), ...(await guest(full)), ...faultsOf(o) }
    const lanes = Map.groupBy(full, ([s]) => s.lane)
    const along = async (lane: typeof full) => {
      for (const [s, files] of lane) perSuite[s.name] = add(total, await one(s, files, env, o))
    }
    const ends = await Promise.allSettled([...lanes.values()].map(along))
    for (const end of ends) if (end.status === 'rejected') throw end.reason
    if (clients && hasConformance()) perSuite[CONFORMANCE] = add(total, await runConformance(env, o.files ?? []))
  } finally {
    await cluster?.close()
  }
  return close(total, perSuite, o.json ?? false)
}

/** How the suites `faults` and `chaos` are told how much to break, for how long, and from which seed. */
function faultsOf({ seed, kills, realKills, everyStep, minutes }: TestOptions): NodeJS.ProcessEnv {
  for (const [name, value] of Object.entries({ kills, 'real-kills': realKills, minutes }))
    if (value !== undefined && !/^[1-9]\d{0,5}$/.test(value))
      throw new Fault('usage', `--${name} takes a whole number above 0, not "${value}".`, `For example: --${name} 50`)
  return {
    ...(seed === undefined ? {} : { ROOKERY_FAULTS_SEED: seed }),
    ...(kills === undefined ? {} : { ROOKERY_FAULTS_KILLS: kills }),
    ...(realKills === undefined ? {} : { ROOKERY_FAULTS_REAL_KILLS: realKills }),
    ...(minutes === undefined ? {} : { ROOKERY_CHAOS_MINUTES: minutes }),
    ...(everyStep ? { ROOKERY_FAULTS_EVERY_STEP: '1', ROOKERY_SURVIVE: 'full' } : {}),
  }
}

function list(found: readonly (readonly [Suite, string[]])[]): number {
  for (const [s, files] of found)
    process.stdout.write(`${s.name}: ${files.length} files\n${files.map(f => `  ${f}\n`).join('')}`)
  return 0
}

/** With root, what the hosts and images of tests need; without, such tests skip themselves and say why. */
async function packages(yes: boolean, out: Output): Promise<void> {
  if (!isRoot()) return void out.warn('Not root: tests with real hosts and guests will be skipped.')
  const missing = await missingPackages([
    ...hostPackages({ arch: process.arch, systemd: hasSystemd() }),
    ...testPackages,
  ])
  if (missing.length === 0) return
  const names = missing.map(n => n.name)
  out.info(
    `These Debian packages are missing and will be installed:\n${missing.map(n => `  ${n.name}  ${n.why}`).join('\n')}`,
  )
  if (!yes && !(canAsk() && (await confirm('Install them now?'))))
    return void out.warn('Nothing was installed (--yes would): tests that need these packages will be skipped.')
  await step(
    out,
    'packages',
    s => installPackages(names, s),
    () => `${names.length} installed`,
  )
}

function environment(cluster: TestCluster | undefined): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env, PATH: `${process.env.PATH ?? '/usr/bin:/bin'}:/usr/sbin:/sbin` }
  // Node's runner marks its children with this; inherited by mistake it would make a run inside a run do nothing.
  delete env.NODE_TEST_CONTEXT
  return cluster ? { ...env, ROOKERY_TEST_POSTGRES: cluster.cluster.socket } : env
}

/** The guest that tests boot: made before the first test, so that none waits for another to make it, nor in a network without a way out. */
async function guest(chosen: readonly (readonly [Suite, readonly string[]])[]): Promise<NodeJS.ProcessEnv> {
  if (!isRoot() || !chosen.some(([s]) => s.name === 'lab' || s.ownNetwork)) return {}
  const { tinyForTests } = await import('@rookery/lab/images/for-tests')
  const tiny = await tinyForTests()
  return 'skip' in tiny ? {} : { LIBVIRT_TEST_GUEST: tiny.paths.disk }
}

async function one(
  s: Suite,
  files: readonly string[],
  env: NodeJS.ProcessEnv,
  { name, durations }: Pick<TestOptions, 'name' | 'durations'>,
): Promise<Tally> {
  const began = performance.now()
  const seconds = () => ((performance.now() - began) / 1_000).toFixed(1)
  const stop = new AbortController()
  const interrupted = () => stop.abort()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupted)
  const listener = {
    failed: (file: string, test: string, why: string) =>
      void process.stdout.write(`✗ ${file}: ${test}\n${indent(why)}\n`),
    ...(s.measures === true
      ? { said: (file: string, text: string) => void process.stdout.write(`· ${file}: ${text}\n`) }
      : {}),
  }
  const run = runSuite(s, files, { env, listener, signal: stop.signal, ...(name === undefined ? {} : { name }) })
  const timer = setInterval(() => {
    const { passed, failed, skipped } = run.tally
    process.stdout.write(
      `… ${s.name} ${seconds()} s: ${passed} passed, ${failed} failed, ${skipped} skipped so far; at ${[...run.at].join(', ')}\n`,
    )
  }, 30_000)
  try {
    const tally = await run.ended
    process.stdout.write(
      `${tally.failed ? '✗' : '✓'} ${s.name}: ${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped in ${seconds()} s, ${files.length} files\n`,
    )
    if (durations !== undefined)
      process.stdout.write(slowest(run.durations, durations === true ? 25 : Number(durations)))
    if (stop.signal.aborted) throw new Fault('failed', 'Interrupted.', 'Run it again.')
    return tally
  } finally {
    clearInterval(timer)
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, interrupted)
  }
}

function add(total: Tally, t: Tally): Omit<Tally, 'reasons'> {
  total.passed += t.passed
  total.failed += t.failed
  total.skipped += t.skipped
  for (const [why, { count, example }] of t.reasons) {
    const known = total.reasons.get(why)
    if (known) known.count += count
    else total.reasons.set(why, { count, example })
  }
  const { passed, failed, skipped } = t
  return { passed, failed, skipped }
}

function close(total: Tally, perSuite: Record<string, Omit<Tally, 'reasons'>>, json: boolean): number {
  if (total.reasons.size) {
    process.stdout.write('Skipped:\n')
    for (const [why, { count, example }] of total.reasons)
      process.stdout.write(`  ${count} × ${why} (${count > 1 ? 'as ' : ''}${example})\n`)
  }
  const { passed, failed, skipped } = total
  if (json) process.stdout.write(`${JSON.stringify({ suites: perSuite, passed, failed, skipped })}\n`)
  process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`)
  return failed > 0 || passed === 0 ? 1 : 0
}
