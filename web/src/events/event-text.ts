import type { Language } from '../i18n/languages.ts'

/** What an event's sentence is made of. */
export interface Worded {
  name: string
  /** The engine's own sentence, in English. */
  message: string
  args: Readonly<Record<string, string | number>>
}

type Texts = Readonly<Record<string, string>>

let korean: Texts | undefined

/** Loads the sentences of a language; the engine's own are English. */
export async function loadEventTexts(language: Language): Promise<void> {
  if (language === 'ko') korean ??= (await import('./korean.json')).default
}

/**
 * The sentence of an event in the language of the page: in Korean by its name and what stands in its places, else as the engine wrote
 * it. An event that is newer than this page, or older than what was kept of its places, keeps the engine's sentence.
 */
export function eventText(event: Worded, language: Language): string {
  const text = language === 'ko' ? korean?.[event.name] : undefined
  if (text === undefined) return people(event.message)
  const places = [...text.matchAll(/\{([a-z_]+)\}/g)].map(found => found[1] ?? '')
  if (places.some(place => event.args[place] === undefined)) return people(event.message)
  return people(text.replaceAll(/\{([a-z_]+)\}/g, (_, place: string) => String(event.args[place])))
}

/** oVirt writes `admin@internal-authz`; people write `admin@internal`. */
const people = (sentence: string): string => sentence.replaceAll(/(@[\w.]+)-authz\b/g, '$1')
