import { useTranslation } from 'react-i18next'
import type { HostRow } from '../api/rows.ts'
import { useFormat } from '../format/index.ts'
import { paths } from '../paths.ts'
import { EmptyKind } from '../templates/empty-kind.tsx'
import { List } from '../templates/list/list.tsx'
import { useDialog } from '../templates/use-dialog.ts'
import { useHostColumns, useHostExtra } from './columns.tsx'
import { HostDialogs } from './dialogs.tsx'
import { useHostActions } from './use-host-actions.ts'

/** The list of hosts. */
export function HostsPage() {
  const { t } = useTranslation('hosts')
  const { count } = useFormat()
  const columns = useHostColumns()
  const actions = useHostActions()
  const { dialog, open } = useDialog()
  const add = { key: 'add', label: t('add.title'), run: () => open('host-add') }
  return (
    <>
      <List<HostRow, ReturnType<typeof useHostExtra>>
        name="hosts"
        search="host.search"
        rows="host.list"
        title={t('title')}
        count={n => count('host', n)}
        hint="status = up and cluster = Default"
        columns={columns}
        useExtra={useHostExtra}
        rowName={host => host.name}
        rowTo={host => paths.host(host.id)}
        actions={actions}
        create={[add]}
        held={dialog !== undefined}
        empty={<EmptyKind title={t('empty.title')} body={t('empty.body')} action={add} />}
      />
      <HostDialogs />
    </>
  )
}
