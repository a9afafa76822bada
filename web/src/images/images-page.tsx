import { Outlet, useRouterState } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useFormat } from '../format/index.ts'
import { paths } from '../paths.ts'
import { EmptyKind } from '../templates/empty-kind.tsx'
import { useGo } from '../templates/go.tsx'
import { List } from '../templates/list/list.tsx'
import { useDialog } from '../templates/use-dialog.ts'
import { useImageColumns, useImageExtra } from './columns.tsx'
import { ImageDialogs } from './dialogs.tsx'
import { useImageActions } from './use-image-actions.ts'

/** Images and ISOs: disks that no VM has, ready to be booted from, and what is on its way here. */
export function ImagesPage() {
  const { t } = useTranslation('images')
  const { count } = useFormat()
  const go = useGo()
  const columns = useImageColumns()
  const actions = useImageActions()
  const { dialog } = useDialog()
  const uploading = useRouterState({ select: state => state.location.pathname.endsWith('/upload') })
  const upload = { key: 'upload', label: t('action.upload'), run: () => go(paths.upload()) }
  return (
    <>
      <List
        name="images"
        search="disk.search"
        rows="disk.list"
        within="number_of_vms = 0"
        title={t('title')}
        count={n => count('image', n)}
        hint="name = CentOS*"
        columns={columns}
        useExtra={useImageExtra}
        rowName={disk => disk.alias}
        rowTo={disk => paths.disk(disk.id)}
        actions={actions}
        create={[upload]}
        held={uploading || dialog !== undefined}
        empty={<EmptyKind title={t('empty.title')} body={t('empty.body')} action={upload} />}
      />
      <ImageDialogs />
      <Outlet />
    </>
  )
}
