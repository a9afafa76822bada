import { useTranslation } from 'react-i18next'
import type { StorageDomainRow } from '../api/rows.ts'
import { useFormat } from '../format/index.ts'
import { paths } from '../paths.ts'
import { EmptyKind } from '../templates/empty-kind.tsx'
import { List } from '../templates/list/list.tsx'
import { useDialog } from '../templates/use-dialog.ts'
import { type NoExtra, useDomainColumns, useNoExtra } from './domain-columns.tsx'
import { StorageDialogs } from './dialogs.tsx'
import { useDomainActions } from './use-domain-actions.ts'
import './storage.css'

/** The list of storage domains. */
export function DomainsPage() {
  const { t } = useTranslation('storage')
  const { count } = useFormat()
  const columns = useDomainColumns()
  const actions = useDomainActions()
  const { dialog } = useDialog()
  return (
    <>
      <List<StorageDomainRow, NoExtra>
        name="domains"
        search="storageDomain.search"
        rows="storageDomain.list"
        title={t('domains')}
        count={n => count('domain', n)}
        hint="status = active and type = data"
        columns={columns}
        useExtra={useNoExtra}
        rowName={domain => domain.name}
        rowTo={domain => paths.domain(domain.id)}
        actions={actions}
        held={dialog !== undefined}
        empty={<EmptyKind title={t('noDomains.title')} body={t('noDomains.body')} />}
      />
      <StorageDialogs />
    </>
  )
}
