import { useTranslation } from 'react-i18next'
import type { ClusterRow, VmRow } from '../api/rows.ts'
import { useFormat } from '../format/index.ts'
import { paths } from '../paths.ts'
import { EmptyKind } from '../templates/empty-kind.tsx'
import { List } from '../templates/list/list.tsx'
import { quoted } from '../templates/search-text.ts'
import { useDialog } from '../templates/use-dialog.ts'
import { useVmColumns, useVmExtra, type VmExtra } from '../vms/columns.tsx'
import { VmDialogs } from '../vms/dialogs.tsx'
import { useVmActions } from '../vms/use-vm-actions.ts'

/** The virtual machines of the cluster. */
export function ClusterVms({ cluster }: { cluster: ClusterRow }) {
  const { t } = useTranslation('clusters')
  const { count } = useFormat()
  const columns = useVmColumns()
  const actions = useVmActions()
  const { dialog } = useDialog()
  return (
    <>
      <List<VmRow, VmExtra>
        inset
        name="vms"
        search="vm.search"
        rows="vm.list"
        within={`cluster = ${quoted(cluster.name)}`}
        title={t('tab.vms')}
        count={n => count('vm', n)}
        hint="status = up"
        columns={columns.filter(column => column.key !== 'cluster')}
        useExtra={useVmExtra}
        rowName={vm => vm.name}
        rowTo={vm => paths.vm(vm.id)}
        actions={actions}
        held={dialog !== undefined}
        empty={<EmptyKind title={t('noVms.title')} body={t('noVms.body')} />}
      />
      <VmDialogs />
    </>
  )
}
