import { useTranslation } from 'react-i18next'
import type { ApiError } from '../api/error.ts'
import { currentLanguage } from '../i18n/index.ts'

/**
 * Why something failed, in the language of the page: by its code where there is a wording, else the engine's own English sentence
 * (`foreign`: it is not in the page's language).
 */
export function useErrorText(error: ApiError): { why: string; foreign: boolean } {
  const { t, i18n } = useTranslation('errors')
  const key = `errors:${error.code}`
  const values = typeof error.detail === 'object' && error.detail !== null ? { ...error.detail } : {}
  // Codes are the engine's words, not the type system's.
  const say = t as unknown as (key: string, values: object) => string
  // A code that is the beginning of others ("session") names a group, not a sentence.
  if (typeof i18n.getResource(i18n.language, 'errors', error.code) === 'string')
    return { why: say(key, values), foreign: false }
  return { why: error.message, foreign: currentLanguage() !== 'en' }
}
