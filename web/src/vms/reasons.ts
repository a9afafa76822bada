import { type Action, vmCan, type VmStatus } from '@rookery/model'
import { useTranslation } from 'react-i18next'
import type { VmRow } from '../api/rows.ts'
import { useFormat } from '../format/index.ts'
import { useStatusWord, vmStatusOf } from '../status/index.ts'

/** Actions on a VM that have a rule. */
export type VmAction = keyof typeof vmCan

/** Says why an action cannot be done with a VM now, in the language of the page; undefined when it can. The rules are the engine's own. */
export function useVmReason(): (action: VmAction, vm: VmRow) => string | undefined {
  const { t } = useTranslation('vms')
  const { language } = useFormat()
  const word = useStatusWord()
  // British English: no comma before the last "or".
  const list = new Intl.ListFormat(language === 'en' ? 'en-GB' : language, { type: 'disjunction' })
  return (name, vm) => {
    const action: Action<VmStatus> = vmCan[name]
    if (action.from.includes(vm.status)) return undefined
    // What passes by itself is no advice.
    const stable = action.from.filter(status => stableStatuses.includes(status))
    const states = (stable.length > 0 ? stable : action.from).map(status =>
      word('vm', status).toLocaleLowerCase(language),
    )
    return t('cannot', {
      states: list.format(states),
      name: vm.name,
      status: word('vm', vmStatusOf(vm)).toLocaleLowerCase(language),
    })
  }
}

const stableStatuses: readonly VmStatus[] = ['up', 'down', 'paused', 'suspended']
