import { readCtx } from '../core/call.ts'
import type { Env } from '../core/ctx.ts'
import type { Logger } from '../core/log.ts'
import { observed } from '../core/observe.ts'
import { isDatabaseAway, type Notifications } from '../db/index.ts'
import type { Reconciler } from './reconciler.ts'

/** What reconcilers need of their engine. */
export interface LoopDeps {
  reconcilers: readonly Reconciler[]
  notifications: Notifications
  env(): Env
  log: Logger
  isMine(duty: string): boolean
  onMembership(changed: () => void): () => void
}

const gatherMs = 50

/**
 * Runs each reconciler that falls to this engine: after its time, and soon after a change that it wakes on. One run at a time
 * each; a run that fails is only logged, since the next one looks at everything again. Returns the way to stop.
 */
export function startReconcilers(deps: LoopDeps): () => Promise<void> {
  const loops = deps.reconcilers.map(reconciler => loop(deps, reconciler))
  const deaf = deps.onMembership(() => loops.forEach(each => each.wake()))
  return async () => {
    deaf()
    await Promise.all(loops.map(each => each.stop()))
  }
}

function loop(deps: LoopDeps, reconciler: Reconciler) {
  let stopped = false
  let running: Promise<void> | undefined
  let again = false
  let soon: NodeJS.Timeout | undefined
  const once = async () => {
    const end = observed('reconcile', reconciler.name)
    try {
      await reconciler.run(readCtx(deps.env()))
      end()
    } catch (error) {
      end(error)
      const level = isDatabaseAway(error) ? 'debug' : 'warn'
      deps.log[level]({ err: error, reconciler: reconciler.name }, 'reconciler failed; it looks again later')
    }
  }
  const run = () => {
    if (stopped || !deps.isMine(`reconciler ${reconciler.name}`)) return
    if (running !== undefined) {
      again = true
      return
    }
    running = once().finally(() => {
      running = undefined
      if (!again) return
      again = false
      wake()
    })
  }
  const wake = () => {
    if (stopped) return
    soon ??= setTimeout(() => {
      soon = undefined
      run()
    }, gatherMs).unref()
  }
  const timer = setInterval(run, reconciler.everyMs).unref()
  const deaf = deps.notifications.on('change', kind => {
    if (kind === '*' || (reconciler.wakeOn as readonly string[]).includes(kind)) wake()
  })
  wake()
  return {
    wake,
    stop: async () => {
      stopped = true
      clearInterval(timer)
      clearTimeout(soon)
      deaf()
      await running
    },
  }
}
