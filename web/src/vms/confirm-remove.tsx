import { Checkbox } from '@patternfly/react-core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { op } from '../api/client.ts'
import { useAsk } from '../api/hooks.ts'
import type { VmRow } from '../api/rows.ts'
import { Time, useFormat } from '../format/index.ts'
import { Confirm } from '../templates/dialog/confirm.tsx'
import { Name } from '../templates/name.tsx'
import { useNotes } from '../templates/notes.tsx'
import { each } from './each.ts'
import { useVmReason } from './reasons.ts'

/** Confirms the removal of VMs: names each disk that goes with its size, or keeps the disks. */
export function ConfirmRemove(p: { vms: readonly VmRow[]; onClose: () => void; onDone: () => void }) {
  const { t } = useTranslation('vms')
  const { bytes, count } = useFormat()
  const reason = useVmReason()
  const notes = useNotes()
  const [keep, setKeep] = useState(false)
  const ids = p.vms.map(vm => vm.id)
  const { data: disks } = useAsk('disk.list', { vmIds: ids })
  const [only] = p.vms
  if (only === undefined || disks === undefined) return null
  // A disk that other VMs use stays.
  const going = keep ? [] : disks.filter(disk => disk.vmIds.every(id => ids.includes(id)))
  const staying = disks.filter(disk => !going.includes(disk))
  const many = p.vms.length > 1
  const able = p.vms.filter(vm => reason('remove', vm) === undefined && !vm.config.deleteProtected)
  const why = able.length > 0 ? undefined : (reason('remove', only) ?? t('protected', { name: only.name }))
  return (
    <Confirm
      grade="loss"
      title={t('confirm.remove.title', { name: many ? count('vm', p.vms.length) : only.name })}
      verb={t('action.remove')}
      effect={t(going.length > 0 ? 'confirm.remove.effect' : 'confirm.remove.effectNoDisk')}
      lost={[
        ...able.slice(0, 20).map(vm => (
          <span key={vm.id}>
            <Name text={vm.name} /> · {t('confirm.remove.made')} <Time at={vm.createdAt} />
          </span>
        )),
        ...going.map(disk => (
          <span key={disk.id}>
            {t('confirm.remove.disk')} <Name text={disk.alias} /> ·{' '}
            {t('confirm.remove.sizes', { size: bytes(disk.capacity), used: bytes(disk.actualSize) })}
          </span>
        )),
      ]}
      type={many ? String(p.vms.length) : going.length > 0 ? only.name : undefined}
      reason={why}
      run={async () => {
        await each(
          able,
          vm => op('vm.remove', { id: vm.id, detachOnly: keep }),
          (vm, error) => notes.failed(t('failed', { name: vm.name }), error),
        )
        p.onDone()
      }}
      onClose={p.onClose}
    >
      {disks.length === 0 ? null : (
        <Checkbox
          id="remove-keep"
          label={t('confirm.remove.keep')}
          isChecked={keep}
          onChange={(_event, next) => setKeep(next)}
        />
      )}
      {!keep && staying.length > 0 ? (
        <p className="rk-sub">{t('confirm.remove.shared', { n: staying.length })}</p>
      ) : null}
    </Confirm>
  )
}
