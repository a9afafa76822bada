import { useSyncExternalStore } from 'react'
import { ask, op } from '../api/client.ts'
import { sessionState } from '../api/session.ts'
import { isLanguage, type Language } from '../i18n/languages.ts'
import { currentLanguage, setLanguage } from '../i18n/index.ts'
import { store } from '../live/store.ts'

export const themes = ['system', 'light', 'dark', 'contrast'] as const
export type Theme = (typeof themes)[number]
export const densities = ['compact', 'comfortable'] as const
export type Density = (typeof densities)[number]

/** Whether single keys (`/`, `g v`, `n`) do something; who dictates or brushes keys switches them off (WCAG 2.1.4). */
export const singleKeys = ['on', 'off'] as const

/** How the user wants to see and drive the console. */
export interface Appearance {
  theme: Theme
  density: Density
  language: Language
  singleKeys: (typeof singleKeys)[number]
}

const kept = (key: string): string | null => {
  try {
    return localStorage.getItem(`rookery.${key}`)
  } catch {
    return null
  }
}

const oneOf = <T extends string>(words: readonly T[], word: unknown): T | undefined => words.find(w => w === word)

const state = store<Appearance>({
  theme: oneOf(themes, kept('theme')) ?? 'system',
  density: oneOf(densities, kept('density')) ?? 'compact',
  language: isLanguage(document.documentElement.lang) ? document.documentElement.lang : 'en',
  singleKeys: oneOf(singleKeys, kept('singleKeys')) ?? 'on',
})

export const useAppearance = (): Appearance => useSyncExternalStore(state.subscribe, state.get)

const systemIsDark = window.matchMedia('(prefers-color-scheme: dark)')

function show({ theme, density, singleKeys: keys }: Appearance): void {
  const root = document.documentElement
  root.classList.toggle('pf-v6-theme-dark', theme === 'dark' || (theme !== 'light' && systemIsDark.matches))
  root.classList.toggle('pf-v6-theme-high-contrast', theme === 'contrast')
  root.dataset['density'] = density
  root.dataset['keys'] = keys
}
systemIsDark.addEventListener('change', () => show(state.get()))

async function take(next: Appearance): Promise<void> {
  const changed = next.language !== currentLanguage()
  state.set(next)
  show(next)
  for (const [key, value] of Object.entries(next)) {
    try {
      localStorage.setItem(`rookery.${key}`, String(value))
    } catch {
      // A browser that keeps nothing still shows it.
    }
  }
  if (changed) await setLanguage(next.language)
}

/** What was chosen in this browser before anybody signed in; it is the newer choice. */
let chosenBefore: Partial<Appearance> = {}

const keep = async (change: Partial<Appearance>): Promise<void> => {
  for (const [key, value] of Object.entries(change)) await op('preference.set', { key, value }).catch(() => {})
}

/** Changes how the console looks, at once, and keeps it for the user, now or at sign-in. */
export async function chooseAppearance(change: Partial<Appearance>): Promise<void> {
  await take({ ...state.get(), ...change })
  if (sessionState().phase === 'in') await keep(change)
  else chosenBefore = { ...chosenBefore, ...change }
}

/** After sign-in: takes over what the engine keeps for the user, and tells it what was chosen before. */
export async function adoptAppearance(): Promise<void> {
  const theirs = await ask('preference.list', {}).catch(() => ({}) as Record<string, unknown>)
  const now = state.get()
  await take({
    theme: oneOf(themes, theirs['theme']) ?? now.theme,
    density: oneOf(densities, theirs['density']) ?? now.density,
    language: isLanguage(theirs['language']) ? theirs['language'] : now.language,
    singleKeys: oneOf(singleKeys, theirs['singleKeys']) ?? now.singleKeys,
    ...chosenBefore,
  })
  await keep(chosenBefore)
  chosenBefore = {}
}
