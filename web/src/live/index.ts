import { useSyncExternalStore } from 'react'
import type { QueryClient } from '@tanstack/react-query'
import { LiveHub, type LiveState } from './hub.ts'
import { Refresher } from './refresh.ts'
import { store } from './store.ts'

const state = store<LiveState>({ phase: 'connecting', heardAt: Date.now() })
let hub: LiveHub | undefined

/** Begins to follow the engine for the signed-in user. */
export function startLive(client: QueryClient, onSignedOut: () => void): void {
  stopLive()
  const refresher = new Refresher(client)
  hub = new LiveHub({
    news: news => refresher.apply(news),
    state: next => {
      const was = state.get().phase
      state.set(next)
      if (next.phase === 'live' && was === 'broken') refresher.retryFailed()
    },
    signedOut: onSignedOut,
  })
  hub.start()
}

/** Stops following; `everywhere` tells the other tabs that the session is over. */
export function stopLive(everywhere = false): void {
  if (everywhere) hub?.tellSignedOut()
  hub?.stop()
  hub = undefined
}

/** Whether pages are live now, and when the engine was last heard. */
export const useLive = (): LiveState => useSyncExternalStore(state.subscribe, state.get)
