import { useTranslation } from 'react-i18next'
import type { ClusterRow, HostRow } from '../api/rows.ts'
import { useFormat } from '../format/index.ts'
import { type HostExtra, useHostColumns, useHostExtra } from '../hosts/columns.tsx'
import { HostDialogs } from '../hosts/dialogs.tsx'
import { useHostActions } from '../hosts/use-host-actions.ts'
import { paths } from '../paths.ts'
import { EmptyKind } from '../templates/empty-kind.tsx'
import { List } from '../templates/list/list.tsx'
import { quoted } from '../templates/search-text.ts'
import { useDialog } from '../templates/use-dialog.ts'

/** The hosts of the cluster. */
export function ClusterHosts({ cluster }: { cluster: ClusterRow }) {
  const { t } = useTranslation('clusters')
  const { count } = useFormat()
  const columns = useHostColumns()
  const actions = useHostActions()
  const { dialog, open } = useDialog()
  const add = { key: 'add', label: t('addHost'), run: () => open('host-add', [cluster.id]) }
  return (
    <>
      <List<HostRow, HostExtra>
        inset
        name="hosts"
        search="host.search"
        rows="host.list"
        within={`cluster = ${quoted(cluster.name)}`}
        title={t('tab.hosts')}
        count={n => count('host', n)}
        hint="status = up"
        columns={columns.filter(column => column.key !== 'cluster')}
        useExtra={useHostExtra}
        rowName={host => host.name}
        rowTo={host => paths.host(host.id)}
        actions={actions}
        create={[add]}
        held={dialog !== undefined}
        empty={<EmptyKind title={t('noHosts.title')} body={t('noHosts.body')} action={add} />}
      />
      <HostDialogs />
    </>
  )
}
