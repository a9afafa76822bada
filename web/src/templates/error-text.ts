import { useTranslation } from 'react-i18next'
import type { ApiError } from '../api/error.ts'
import { currentLanguage } from '../i18n/index.ts'
import { type StatusKind, statuses, useStatusWord } from '../status/index.ts'
import { wordedValues, wordingKey } from './error-wording.ts'
import { useRefusalText } from './refusal-text.ts'

/**
 * Why something failed, in the language of the page: by its code where there is a wording, else the engine's own English sentence
 * (`foreign`: it is not in the page's language).
 */
export function useErrorText(error: ApiError): { why: string; foreign: boolean } {
  const { t, i18n } = useTranslation('errors')
  const word = useStatusWord()
  const reasonWord = useRefusalText()
  const kind = error.ref?.kind ?? ''
  const values = wordedValues(error.detail, {
    language: i18n.language,
    statusWord: status => (Object.hasOwn(statuses, kind) ? word(kind as StatusKind, status) : status),
    reasonWord,
  })
  const key = wordingKey(one => i18n.getResource(i18n.language, 'errors', one), error.code, values)
  // Codes are the engine's words, not the type system's.
  const say = t as unknown as (key: string, values: object) => string
  if (key !== undefined) return { why: say(`errors:${key}`, values), foreign: false }
  return { why: error.message, foreign: currentLanguage() !== 'en' }
}
