import type { Logger } from '../core/log.ts'
import { type Db, isDatabaseAway, type Notifications } from '../db/index.ts'
import { numberAllEvents } from '../events/sequencer.ts'

const pollMs = 2000

/** Numbers events as soon as they are told of. Every engine does: the advisory lock sorts it out. Returns the way to stop. */
export function startSequencer(db: Db, notifications: Notifications, log: Logger): () => Promise<void> {
  let running: Promise<void> | undefined
  let again = false
  let stopped = false
  const run = () => {
    if (stopped) return
    if (running !== undefined) {
      again = true
      return
    }
    running = numberAllEvents(db)
      .catch((error: unknown) => {
        log[isDatabaseAway(error) ? 'debug' : 'warn']({ err: error }, 'events could not be numbered; it is tried again')
      })
      .finally(() => {
        running = undefined
        if (!again) return
        again = false
        run()
      })
  }
  const deaf = notifications.on('event', run)
  const timer = setInterval(run, pollMs).unref()
  run()
  return async () => {
    stopped = true
    deaf()
    clearInterval(timer)
    await running
  }
}
