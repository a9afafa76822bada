import { useTranslation } from 'react-i18next'
import type { DiskRow, VmRow } from '../api/rows.ts'
import type { ActionItem } from '../templates/actions.ts'
import { bulkAction } from '../templates/bulk.ts'
import { useDialog } from '../templates/use-dialog.ts'
import { type DiskAction, useDiskReason } from './reasons.ts'

/**
 * What can be done with one disk, or with several at once. Where the VMs that have it are known, one that runs keeps it from being
 * removed; else the dialog looks them up and says so.
 */
export function useDiskActions(
  vms: ReadonlyMap<string, VmRow> = new Map(),
): (disks: readonly DiskRow[]) => readonly ActionItem[] {
  const { t } = useTranslation('storage')
  const reason = useDiskReason()
  const { open } = useDialog()
  return disks => {
    const many = disks.length > 1
    const inUse = (disk: DiskRow) => {
      const running = disk.vmIds.map(id => vms.get(id)).find(vm => vm !== undefined && vm.runId !== null)
      return running === undefined ? undefined : t('diskInUse', { disk: disk.alias, vm: running.name })
    }
    const action = (key: DiskAction): ActionItem =>
      bulkAction({
        key,
        rows: disks,
        label: n => (many && key === 'remove' ? t('forSome.remove', { n }) : t(`diskAction.${key}`)),
        reason: disk => reason(key, disk) ?? (key === 'remove' ? inUse(disk) : undefined),
        noneCan: t('noDiskCan'),
        danger: key === 'remove',
        run: able =>
          open(
            `disk-${key}`,
            able.map(disk => disk.id),
          ),
      })
    return many ? [action('remove')] : [action('resize'), action('edit'), action('remove')]
  }
}
