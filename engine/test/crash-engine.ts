/**
 * A real engine process that a test can kill at a chosen point of a job: `fork('crash-engine.ts', [config.json, modules…])`.
 * It is told what to do over IPC ({@link Order}) and takes up only the jobs it is told of. Production's `main.ts` has none of this.
 */
import { flushCompileCache } from 'node:module'
import { conflict } from '@rookery/model'
import { createEngine } from '../src/app.ts'
import { readConfig } from '../src/config.ts'
import type { DomainModule } from '../src/core/registry.ts'
import type { CrashPoint } from '../src/jobs/hooks.ts'

/** What the test says. */
export interface Order {
  /** Kinds of jobs to take up. */
  accept: string[]
  /** Where to die. */
  crash: CrashPoint
  /** A step that fails before, so that there is something to undo. */
  fail: { jobKind: string; step: string } | null
}

/** What this process says: once when it is ready. */
export interface Ready {
  ready: true
  instanceId: string
}

const [file = '', ...moduleFiles] = process.argv.slice(2)
const modules = await Promise.all(
  moduleFiles.map(async each => ((await import(each)) as { testModule: DomainModule }).testModule),
)
let order: Order | undefined
const engine = await createEngine(await readConfig(file), {
  modules,
  jobs: {
    accepts: kind => order?.accept.includes(kind) === true,
    at: ({ jobKind, step, when }) => {
      const crash = order?.crash
      if (crash?.jobKind === jobKind && crash.step === step && crash.when === when) {
        process.kill(process.pid, 'SIGKILL')
        // The signal arrives before anything else runs, but the promise must not resolve.
        return new Promise<void>(() => {})
      }
      return undefined
    },
    fail: (jobKind, step) =>
      order?.fail?.jobKind === jobKind && order.fail.step === step
        ? conflict('test.injected', 'This step was made to fail.')
        : undefined,
  },
})
process.on('message', (message: Order) => {
  order = message
  engine.runner.look()
  process.send?.({ armed: true })
})
process.on('disconnect', () => process.exit(0)) // the test is over
await engine.start()
process.send?.({ ready: true, instanceId: engine.handle.instanceId } satisfies Ready)
// A process that is killed leaves no cache behind; without it each victim compiles everything again.
flushCompileCache()
