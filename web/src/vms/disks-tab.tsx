import { useTranslation } from 'react-i18next'
import { op } from '../api/client.ts'
import { toApiError } from '../api/error.ts'
import { useAsk } from '../api/hooks.ts'
import type { AttachmentRow, DiskRow, VmRow } from '../api/rows.ts'
import { useFormat } from '../format/index.ts'
import { paths } from '../paths.ts'
import { Status, useStatusWord } from '../status/index.ts'
import { ActionMenu } from '../templates/action-menu.tsx'
import { Card } from '../templates/card.tsx'
import { Go } from '../templates/go.tsx'
import { Name } from '../templates/name.tsx'
import { useNotes } from '../templates/notes.tsx'
import { SmallTable } from '../templates/table.tsx'
import { CdDrive } from './cd-drive.tsx'

type Line = AttachmentRow & { disk: DiskRow | undefined }

/** The disks of a VM and its CD drive. */
export function VmDisks({ vm }: { vm: VmRow }) {
  const { t } = useTranslation(['vms', 'common'])
  const { bytes } = useFormat()
  const notes = useNotes()
  const word = useStatusWord()
  const { data: attachments } = useAsk('diskAttachment.list', { vmIds: [vm.id] })
  const { data: disks } = useAsk('disk.list', { vmIds: [vm.id] })
  const { data: domains } = useAsk('storageDomain.list', {})
  const rows: Line[] = (attachments ?? []).map(a => ({ ...a, disk: disks?.find(d => d.id === a.diskId) }))
  const off = vm.status === 'down'
  const detach = (line: Line) => {
    op('diskAttachment.remove', { vmId: vm.id, diskId: line.diskId }).catch((error: unknown) =>
      notes.failed(t('vms:failed', { name: line.disk?.alias ?? line.diskId }), toApiError(error)),
    )
  }
  return (
    <div className="rk-column">
      <Card title={t('vms:tab.disks')}>
        <SmallTable
          label={t('vms:tab.disks')}
          rows={rows}
          keyOf={line => line.diskId}
          empty={<p>{t('vms:noDisks')}</p>}
          columns={[
            {
              title: t('common:name'),
              cell: line => (
                <Go to={paths.disk(line.diskId)}>
                  <Name text={line.disk?.alias ?? line.diskId} />
                </Go>
              ),
            },
            {
              title: t('common:status'),
              cell: line => (line.disk === undefined ? '' : <Status kind="disk" status={line.disk.status} />),
            },
            { title: t('common:size'), right: true, cell: line => bytes(line.disk?.capacity) },
            { title: t('vms:used'), right: true, cell: line => bytes(line.disk?.actualSize) },
            {
              title: t('vms:domain'),
              cell: line => <Name text={domains?.find(d => d.id === line.disk?.storageDomainId)?.name ?? ''} />,
            },
            { title: t('vms:format'), cell: line => line.disk?.format ?? '' },
            { title: t('vms:bus'), cell: line => line.interface },
            { title: t('vms:bootable'), cell: line => (line.bootable ? t('common:yes') : t('common:no')) },
            {
              title: t('common:actions'),
              cell: line => (
                <ActionMenu
                  name={t('common:actionsOf', { name: line.disk?.alias ?? '' })}
                  actions={[
                    {
                      key: 'detach',
                      label: t('vms:detach'),
                      reason: off
                        ? undefined
                        : t('vms:cannot', {
                            states: word('vm', 'down'),
                            name: vm.name,
                            status: word('vm', vm.status),
                          }),
                      run: () => detach(line),
                    },
                  ]}
                />
              ),
            },
          ]}
        />
      </Card>
      <CdDrive vm={vm} />
    </div>
  )
}
