import { Outlet, useRouterState } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useFormat } from '../format/index.ts'
import { paths } from '../paths.ts'
import { EmptyKind } from '../templates/empty-kind.tsx'
import { useGo } from '../templates/go.tsx'
import { List } from '../templates/list/list.tsx'
import { useDialog } from '../templates/use-dialog.ts'
import { useVmColumns, useVmExtra } from './columns.tsx'
import { VmDialogs } from './dialogs.tsx'
import { useVmActions } from './use-vm-actions.ts'

/** The list of VMs. */
export function VmsPage() {
  const { t } = useTranslation('vms')
  const { count } = useFormat()
  const go = useGo()
  const columns = useVmColumns()
  const actions = useVmActions()
  const { dialog } = useDialog()
  const creating = useRouterState({ select: state => state.location.pathname.endsWith('/new') })
  const create = { key: 'new', label: t('new'), run: () => go(paths.newVm()) }
  return (
    <>
      <List
        name="vms"
        search="vm.search"
        rows="vm.list"
        title={t('title')}
        count={n => count('vm', n)}
        hint="status = up and name = web*"
        columns={columns}
        useExtra={useVmExtra}
        rowName={vm => vm.name}
        rowTo={vm => paths.vm(vm.id)}
        actions={actions}
        create={[create]}
        held={creating || dialog !== undefined}
        empty={<EmptyKind title={t('empty.title')} body={t('empty.body')} action={create} />}
      />
      <VmDialogs />
      <Outlet />
    </>
  )
}
