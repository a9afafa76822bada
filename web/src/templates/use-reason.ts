import { useTranslation } from 'react-i18next'
import { useFormat } from '../format/index.ts'
import { type StatusKind, useStatusWord } from '../status/index.ts'

/**
 * Says why an action cannot be done with something now, in the language of the page; undefined when it can. The rules are those that
 * the engine itself asks. Statuses that pass by themselves are no advice: `passing` are left out where others remain.
 */
export function useReason(): (
  kind: StatusKind,
  from: readonly string[],
  it: { name: string; status: string },
  passing?: readonly string[],
) => string | undefined {
  const { t } = useTranslation('common')
  const { language } = useFormat()
  const word = useStatusWord()
  return (kind, from, it, passing = []) => {
    if (from.includes(it.status)) return undefined
    const lasting = from.filter(status => !passing.includes(status))
    const states = (lasting.length > 0 ? lasting : from).map(status => word(kind, status))
    return t('cannot', {
      states: new Intl.ListFormat(language, { type: 'disjunction' }).format(states),
      name: it.name,
      status: word(kind, it.status),
    })
  }
}
