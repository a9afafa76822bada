import i18next, { type i18n as I18n } from 'i18next'
import { initReactI18next } from 'react-i18next'
import { isLanguage, type Language } from './languages.ts'

export { languages, ownName, type Language } from './languages.ts'

/** Each language is a part of its own: nobody loads words that are not shown. */
const load: Readonly<Record<Language, () => Promise<{ words: Record<string, object> }>>> = {
  en: () => import('./en/index.ts'),
  ko: () => import('./ko/index.ts'),
}

async function fetchWords(language: Language): Promise<void> {
  const { words } = await load[language]()
  for (const [area, bundle] of Object.entries(words)) i18next.addResourceBundle(language, area, bundle)
}

/** The language that the page is shown in now. */
export const currentLanguage = (): Language => (isLanguage(i18next.language) ? i18next.language : 'en')

/** Makes the words of one language ready; called once, before anything is drawn. */
export async function startI18n(language: Language): Promise<I18n> {
  await i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: false,
    defaultNS: 'common',
    ns: ['common'],
    resources: {},
    // React escapes whatever it shows; escaping twice would show &amp;.
    interpolation: { escapeValue: false },
    returnNull: false,
    react: { useSuspense: false },
  })
  await setLanguage(language)
  return i18next
}

/** Shows the page in another language, without a reload. */
export async function setLanguage(language: Language): Promise<void> {
  await fetchWords(language)
  await i18next.changeLanguage(language)
  document.documentElement.lang = language
}
