import { useTranslation } from 'react-i18next'
import { paths } from '../paths.ts'
import { useGo } from '../templates/go.tsx'
import { useDialog } from '../templates/use-dialog.ts'
import { StorageDialogs } from './dialogs.tsx'
import { DiskList } from './disk-list.tsx'
import './storage.css'

/** The list of disks. */
export function DisksPage() {
  const { t } = useTranslation('storage')
  const go = useGo()
  const { open } = useDialog()
  return (
    <>
      <DiskList
        create={[
          { key: 'upload', label: t('upload'), run: () => go(paths.upload()) },
          { key: 'new', label: t('newDisk'), run: () => open('disk-new') },
        ]}
        empty={{ title: t('noDisks.title'), body: t('noDisks.body') }}
      />
      <StorageDialogs />
    </>
  )
}
