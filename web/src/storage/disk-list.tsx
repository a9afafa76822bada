import { useTranslation } from 'react-i18next'
import type { DiskRow } from '../api/rows.ts'
import { useFormat } from '../format/index.ts'
import { paths } from '../paths.ts'
import type { ActionItem } from '../templates/actions.ts'
import { EmptyKind } from '../templates/empty-kind.tsx'
import { List } from '../templates/list/list.tsx'
import { useDialog } from '../templates/use-dialog.ts'
import { type DiskExtra, useDiskColumns, useDiskExtra } from './disk-columns.tsx'
import { useDiskActions } from './use-disk-actions.ts'

/** A list of disks: all of them as a page, or those of something as a part of its page. */
export function DiskList(p: {
  inset?: boolean
  within?: string
  /** Columns that would say the same in every row. */
  without?: readonly string[]
  create?: readonly ActionItem[]
  empty: { title: string; body: string }
}) {
  const { t } = useTranslation('storage')
  const { count } = useFormat()
  const columns = useDiskColumns()
  const actions = useDiskActions()
  const { dialog } = useDialog()
  const first = p.create?.[0]
  return (
    <List<DiskRow, DiskExtra>
      name="disks"
      search="disk.search"
      rows="disk.list"
      title={t('disks')}
      count={n => count('disk', n)}
      hint="status = ok and size > 10"
      columns={columns.filter(column => p.without?.includes(column.key) !== true)}
      useExtra={useDiskExtra}
      rowName={disk => disk.alias}
      rowTo={disk => paths.disk(disk.id)}
      actions={actions}
      held={dialog !== undefined}
      empty={<EmptyKind {...p.empty} {...(first === undefined ? {} : { action: first })} />}
      {...(p.inset === true ? { inset: true } : {})}
      {...(p.within === undefined ? {} : { within: p.within })}
      {...(p.create === undefined ? {} : { create: p.create })}
    />
  )
}
