import { useSyncExternalStore } from 'react'

/** One clock for all relative times of the page; it stops when nobody looks. */
function ticker(every: number) {
  const listeners = new Set<() => void>()
  let timer: ReturnType<typeof setInterval> | undefined
  let now = Date.now()
  const tick = () => {
    now = Date.now()
    for (const listener of listeners) listener()
  }
  return {
    subscribe(listener: () => void) {
      if (listeners.size === 0) {
        now = Date.now()
        timer = setInterval(tick, every)
      }
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
        if (listeners.size === 0) clearInterval(timer)
      }
    },
    get: () => now,
  }
}

const minutes = ticker(60_000)
const seconds = ticker(1000)

/** Now (epoch ms), moving each minute. */
export const useMinute = (): number => useSyncExternalStore(minutes.subscribe, minutes.get)
/** Now (epoch ms), moving each second: only for what counts seconds on screen. */
export const useSecond = (): number => useSyncExternalStore(seconds.subscribe, seconds.get)
