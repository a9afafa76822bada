import { useTranslation } from 'react-i18next'
import type { ClusterRow } from '../api/rows.ts'
import { useFormat } from '../format/index.ts'
import { paths } from '../paths.ts'
import { EmptyKind } from '../templates/empty-kind.tsx'
import { List } from '../templates/list/list.tsx'
import { useDialog } from '../templates/use-dialog.ts'
import { type ClusterExtra, useClusterColumns, useClusterExtra } from './columns.tsx'
import { ClusterDialogs } from './dialogs.tsx'
import { useClusterActions } from './use-cluster-actions.ts'

/** The list of clusters. */
export function ClustersPage() {
  const { t } = useTranslation('clusters')
  const { count } = useFormat()
  const columns = useClusterColumns()
  const actions = useClusterActions()
  const { dialog, open } = useDialog()
  const create = { key: 'new', label: t('new'), run: () => open('cluster-new') }
  return (
    <>
      <List<ClusterRow, ClusterExtra>
        name="clusters"
        search="cluster.search"
        rows="cluster.list"
        title={t('title')}
        count={n => count('cluster', n)}
        hint="datacenter = Default"
        columns={columns}
        useExtra={useClusterExtra}
        rowName={cluster => cluster.name}
        rowTo={cluster => paths.cluster(cluster.id)}
        actions={actions}
        create={[create]}
        held={dialog !== undefined}
        empty={<EmptyKind title={t('empty.title')} body={t('empty.body')} action={create} />}
      />
      <ClusterDialogs />
    </>
  )
}
