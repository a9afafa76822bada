import { useTranslation } from 'react-i18next'
import type { VmRow } from '../api/rows.ts'
import { paths } from '../paths.ts'
import type { ActionItem } from '../templates/actions.ts'
import { useGo } from '../templates/go.tsx'
import { useNotes } from '../templates/notes.tsx'
import { useDialog } from '../templates/use-dialog.ts'
import { op } from '../api/client.ts'
import { toApiError } from '../api/error.ts'
import { type VmAction, useVmReason } from './reasons.ts'

/** The actions of VMs, in the order in which every place shows them. Those that lose something open their confirmation. */
const verbs = [
  { key: 'start', rule: 'start' },
  { key: 'resume', rule: 'resume' },
  { key: 'run-once', rule: 'start', one: true, dialog: true },
  { key: 'console', rule: 'console', one: true },
  { key: 'shut-down', rule: 'shutdown', dialog: true },
  { key: 'reboot', rule: 'reboot', dialog: true },
  { key: 'suspend', rule: 'suspend' },
  { key: 'migrate', rule: 'migrate', dialog: true },
  { key: 'stop-migration', rule: 'cancelMigration' },
  { key: 'power-off', rule: 'stop', dialog: true, danger: true },
  { key: 'reset', rule: 'reset', dialog: true, danger: true },
  { key: 'remove', rule: 'remove', dialog: true, danger: true },
] as const satisfies readonly { key: string; rule: VmAction; one?: true; dialog?: true; danger?: true }[]

/** What the verbs without a dialog ask for. */
const operations = {
  start: 'vm.start',
  resume: 'vm.start',
  suspend: 'vm.suspend',
  'stop-migration': 'vm.cancel_migration',
} as const

/** What can be done with one VM, or with several at once: then as many as can be are named, and the others say why. */
export function useVmActions(): (vms: readonly VmRow[]) => readonly ActionItem[] {
  const { t } = useTranslation('vms')
  const reason = useVmReason()
  const { open } = useDialog()
  const go = useGo()
  const notes = useNotes()
  return vms => {
    const [only] = vms
    if (only === undefined) return []
    const many = vms.length > 1
    return verbs.flatMap((verb): ActionItem[] => {
      if (many && 'one' in verb) return []
      // Of start and resume the one that fits the state is shown; for a paused VM both would be the same.
      if (verb.key === 'resume' && !vms.some(vm => vm.status === 'paused')) return []
      if (verb.key === 'start' && vms.every(vm => vm.status === 'paused')) return []
      if (verb.key === 'stop-migration' && !vms.some(vm => vm.status === 'migrating')) return []
      const able = vms.filter(vm => reason(verb.rule, vm) === undefined)
      const why =
        able.length > 0
          ? verb.key === 'remove' && able.every(vm => vm.config.deleteProtected)
            ? t('protected', { name: only.name })
            : undefined
          : many
            ? t('noneCan')
            : reason(verb.rule, only)
      const label = t(`action.${verb.key}`)
      const ids = (able.length > 0 ? able : vms).map(vm => vm.id)
      return [
        {
          key: verb.key,
          label: many
            ? t('forSome', { action: label, n: able.length })
            : 'dialog' in verb
              ? t('opens', { action: label })
              : label,
          reason: why,
          ...('danger' in verb ? { danger: true } : {}),
          run: () => {
            if ('dialog' in verb) open(verb.key, ids)
            else if (verb.key === 'console') go(paths.vm(only.id, 'console'))
            else for (const id of ids) void run(operations[verb.key], id)
          },
        },
      ]
    })
    async function run(name: (typeof operations)[keyof typeof operations], id: string) {
      try {
        await op(name, { id })
      } catch (error) {
        const vm = vms.find(one => one.id === id)
        const failure = toApiError(error)
        // Why each host would not take it stands on a page of its own.
        const more =
          failure.kind === 'noCapacity' ? { label: t('seePlacement'), to: paths.vm(id, 'placement') } : undefined
        notes.failed(t('failed', { name: vm?.name ?? id }), failure, more)
      }
    }
  }
}
