/** A sentence in every language that Rookery speaks. Both are written together, so a missing one does not compile. */
export interface Text {
  readonly en: string
  readonly ko: string
}

/** A language of {@link Text}. */
export type Language = keyof Text

/** The same in both languages: for what a program said, and for names. */
export const same = (text: string): Text => ({ en: text, ko: text })

/** English and Korean. */
export const t = (en: string, ko: string): Text => ({ en, ko })

/**
 * The language of what is printed: the one asked for, else what the environment says, in the order in which the C library asks
 * it; English for every language that we do not speak. Undefined when the one asked for is not ours.
 */
export function languageOf(asked: string | undefined, env: NodeJS.ProcessEnv = process.env): Language | undefined {
  if (asked === 'en' || asked === 'ko') return asked
  if (asked !== undefined) return undefined
  const said = env.LC_ALL || env.LC_MESSAGES || env.LANG || ''
  return /^ko(_|-|\.|@|$)/i.test(said) ? 'ko' : 'en'
}

/** Columns that a text takes on a terminal: Korean syllables and other wide characters take two. */
export const columns = (text: string): number =>
  [...text].reduce(
    (sum, c) =>
      sum +
      (/[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/.test(c) ? 2 : 1),
    0,
  )
