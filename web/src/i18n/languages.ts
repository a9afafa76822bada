/** The languages of the console. */
export const languages = ['en', 'ko'] as const
export type Language = (typeof languages)[number]

/** What each language calls itself. */
export const ownName: Readonly<Record<Language, string>> = { en: 'English', ko: '한국어' }

export const isLanguage = (word: unknown): word is Language => languages.some(language => language === word)
