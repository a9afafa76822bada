import { useTranslation } from 'react-i18next'
import { op } from '../api/client.ts'
import type { VmRow } from '../api/rows.ts'
import { Since, useFormat } from '../format/index.ts'
import { Confirm } from '../templates/dialog/confirm.tsx'
import { Name } from '../templates/name.tsx'
import { useNotes } from '../templates/notes.tsx'
import { each } from './each.ts'
import { type VmAction, useVmReason } from './reasons.ts'

/** Ways to end or interrupt a run. Asking the guest loses its time; pulling the plug may lose its data. */
const dialogs = {
  'shut-down': { operation: 'vm.shutdown', rule: 'shutdown', grade: 'time' },
  reboot: { operation: 'vm.reboot', rule: 'reboot', grade: 'time' },
  'power-off': { operation: 'vm.stop', rule: 'stop', grade: 'loss' },
  reset: { operation: 'vm.reset', rule: 'reset', grade: 'loss' },
} as const satisfies Record<string, { operation: string; rule: VmAction; grade: 'time' | 'loss' }>
export type PowerDialog = keyof typeof dialogs

/** Confirms a shutdown, reboot, power off or reset, naming what is interrupted or lost. */
export function ConfirmPower({
  dialog,
  vms,
  onClose,
}: {
  dialog: PowerDialog
  vms: readonly VmRow[]
  onClose: () => void
}) {
  const { t } = useTranslation('vms')
  const { count } = useFormat()
  const reason = useVmReason()
  const notes = useNotes()
  const { operation, rule, grade } = dialogs[dialog]
  const [only] = vms
  const what = vms.length === 1 && only !== undefined ? only.name : count('vm', vms.length)
  const able = vms.filter(vm => reason(rule, vm) === undefined)
  const why = able.length > 0 || only === undefined ? undefined : reason(rule, only)
  const run = async () => {
    await each(
      able,
      vm => op(operation, { id: vm.id }),
      (vm, error) => notes.failed(t('failed', { name: vm.name }), error),
    )
    onClose()
  }
  return (
    <Confirm
      grade={grade}
      title={t(`confirm.${dialog}.title`, { name: what })}
      verb={t(`action.${dialog}`)}
      effect={t(`confirm.${dialog}.effect`)}
      lost={
        grade === 'loss'
          ? able.slice(0, 20).map(vm => (
              <span key={vm.id}>
                <Name text={vm.name} />: {t('confirm.unsaved')} (<Since at={vm.runStartedAt} />)
              </span>
            ))
          : []
      }
      type={grade === 'loss' && vms.length > 1 ? String(vms.length) : undefined}
      reason={why}
      run={run}
      onClose={onClose}
    />
  )
}
