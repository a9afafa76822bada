import type { RefusalReason } from '@rookery/model'
import { useCallback } from 'react'
import { useTranslation } from 'react-i18next'
import { useFormat } from '../format/index.ts'
import { useStatusWord } from '../status/index.ts'
import { refusalWording } from './refusal-wording.ts'

/**
 * Words the reason why a host does not take a machine, in the language of the page. Reasons of a newer engine have no words here:
 * undefined, and the engine's English sentence stands.
 */
export function useRefusalText(): (reason: unknown) => string | undefined {
  const { t, i18n } = useTranslation('scheduling')
  const format = useFormat()
  const status = useStatusWord()
  return useCallback(
    reason => {
      const worded = refusalWording(reason as RefusalReason, {
        bytes: format.bytes,
        number: format.number,
        list: names => new Intl.ListFormat(i18n.language).format(names),
        hostStatus: word => status('host', word),
      })
      if (worded === undefined) return undefined
      // Codes are the engine's words, not the type system's.
      return (t as unknown as (key: string, values: object) => string)(`refusal.${worded.key}`, worded.values)
    },
    [t, i18n.language, format, status],
  )
}
