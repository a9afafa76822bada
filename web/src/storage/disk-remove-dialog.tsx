import { useTranslation } from 'react-i18next'
import { op } from '../api/client.ts'
import { useAsk } from '../api/hooks.ts'
import type { DiskRow, VmRow } from '../api/rows.ts'
import { useFormat } from '../format/index.ts'
import { Confirm } from '../templates/dialog/confirm.tsx'
import { Name } from '../templates/name.tsx'
import { useDiskReason } from './reasons.ts'

/** How many are named; the others are counted. */
const most = 10

/** Removes disks with their bytes: each is named with its size and the VMs that lose it, and the name, or the count, is typed. */
export function RemoveDisks(p: { disks: readonly DiskRow[]; onClose: () => void; onRemoved: () => void }) {
  const { t } = useTranslation('storage')
  const format = useFormat()
  const reason = useDiskReason()
  const { disks } = p
  const vmIds = [...new Set(disks.flatMap(disk => disk.vmIds))]
  const { data: vms } = useAsk('vm.list', { ids: vmIds }, { enabled: vmIds.length > 0 })
  const vmOf = new Map<string, VmRow>(vms?.map(vm => [vm.id, vm]))
  const names = (disk: DiskRow) => disk.vmIds.map(id => vmOf.get(id)?.name ?? id)
  const list = new Intl.ListFormat(format.language)
  const [only] = disks
  const single = disks.length === 1 ? only : undefined
  const running = vms?.filter(vm => vm.runId !== null) ?? []
  const impossible = disks.map(disk => reason('remove', disk)).find(why => why !== undefined)
  return (
    <Confirm
      grade="loss"
      title={single === undefined ? t('remove.some', { n: disks.length }) : t('remove.one', { name: single.alias })}
      verb={t('remove.verb')}
      effect={t('remove.effect')}
      lost={[
        ...disks.slice(0, most).map(disk => (
          <span key={disk.id}>
            <Name text={disk.alias} />{' '}
            {t('remove.line', { size: format.bytes(disk.capacity), used: format.bytes(disk.actualSize) })}
            {disk.vmIds.length === 0 ? null : (
              <>
                {' · '}
                <bdi>{t('remove.attached', { vms: list.format(names(disk).slice(0, most)) })}</bdi>
              </>
            )}
          </span>
        )),
        ...(disks.length > most ? [t('maintenance.others', { n: disks.length - most })] : []),
      ]}
      type={single === undefined ? String(disks.length) : single.alias}
      reason={
        running.length > 0
          ? t('remove.running', { vms: list.format(running.slice(0, most).map(vm => vm.name)) })
          : impossible
      }
      run={async () => {
        await Promise.all(disks.map(disk => op('disk.remove', { id: disk.id })))
        p.onRemoved()
      }}
      onClose={p.onClose}
    />
  )
}
