import { useSyncExternalStore } from 'react'
import { store } from '../live/store.ts'
import { request, setCsrf } from './client.ts'
import { ApiError } from './error.ts'

/** Who is signed in. */
export interface Session {
  user: { id: string; name: string; principal: string; admin: boolean }
  csrf: string
  expiresAt: string
  idleSeconds: number
  version: string
}

/**
 * `in`: somebody is. `out`: nobody. `over`: somebody was, and the page stays as it is below the sign-in. `unreachable`: nobody
 * knows yet, the engine does not answer.
 */
export type SessionState =
  | { phase: 'in'; session: Session }
  | { phase: 'over'; session: Session }
  | { phase: 'out' }
  | { phase: 'unreachable' }

const state = store<SessionState>({ phase: 'out' })

export const sessionState = (): SessionState => state.get()
export const onSessionChange = (listener: () => void): (() => void) => state.subscribe(listener)
export const useSession = (): SessionState => useSyncExternalStore(state.subscribe, state.get)

/** The signed-in user; only below a page that needs one. */
export function useUser(): Session['user'] {
  const now = useSession()
  if (now.phase !== 'in' && now.phase !== 'over') throw new Error('a page without a session asked for its user')
  return now.session.user
}

/** Asks the engine who is signed in. */
export async function lookAtSession(): Promise<void> {
  try {
    const session = await request<Session>('GET', '/api/session')
    setCsrf(session.csrf)
    state.set({ phase: 'in', session })
  } catch (error) {
    if (error instanceof ApiError && error.kind === 'unauthenticated') endHere()
    else if (state.get().phase !== 'in') state.set({ phase: 'unreachable' })
  }
}

/** Signs in. Throws the ApiError of a refusal. */
export async function signIn(user: string, password: string): Promise<void> {
  const { csrf } = await request<{ csrf: string }>('POST', '/api/login', { user, password, cookie: true })
  setCsrf(csrf)
  await lookAtSession()
}

/** Signs out; the page leaves at once, whatever the engine answers. */
export async function signOut(): Promise<void> {
  await request('POST', '/api/logout').catch(() => {})
  setCsrf('')
  state.set({ phase: 'out' })
}

/** The session is over, by whatever reason; what was typed stays where it is. */
export function endHere(): void {
  const now = state.get()
  state.set(now.phase === 'in' || now.phase === 'over' ? { phase: 'over', session: now.session } : { phase: 'out' })
}
