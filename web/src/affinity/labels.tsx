import { useTranslation } from 'react-i18next'
import { useAsk } from '../api/hooks.ts'
import type { AffinityLabelRow } from '../api/rows.ts'
import { useFormat } from '../format/index.ts'
import { ActionButton } from '../templates/action-button.tsx'
import { ActionMenu } from '../templates/action-menu.tsx'
import { EmptyKind } from '../templates/empty-kind.tsx'
import { Name } from '../templates/name.tsx'
import { Problem } from '../templates/problem.tsx'
import { SmallTable } from '../templates/table.tsx'
import { useDialog } from '../templates/use-dialog.ts'
import { AffinityDialogs } from './dialogs.tsx'
import './affinity.css'

/** Affinity labels of the whole installation. */
export function AffinityLabels() {
  const { t } = useTranslation(['affinity', 'common'])
  const format = useFormat()
  const { open } = useDialog()
  const { data, error } = useAsk('affinityLabel.list', {})
  const add = { key: 'new', label: t('affinity:label.new'), run: () => open('label-new') }
  if (error !== null && data === undefined) return <Problem error={error} />
  if (data === undefined) return <div aria-busy="true" />
  return (
    <div className="rk-column">
      {data.length === 0 ? null : (
        <div className="rk-bar">
          <ActionButton action={add} variant="primary" />
        </div>
      )}
      <SmallTable<AffinityLabelRow>
        label={t('affinity:label.title')}
        rows={data}
        keyOf={label => label.id}
        empty={<EmptyKind title={t('affinity:label.empty.title')} body={t('affinity:label.empty.body')} action={add} />}
        columns={[
          { title: t('affinity:column.name'), cell: label => <Name text={label.name} /> },
          { title: t('common:description'), cell: label => <Name text={label.description} most={64} /> },
          {
            title: t('affinity:column.implicit'),
            cell: label => t(label.implicitGroup ? 'affinity:label.bound' : 'affinity:label.free'),
          },
          {
            title: t('affinity:column.carry'),
            cell: label =>
              t('affinity:carried', {
                vms: format.count('vm', label.vmIds.length),
                hosts: format.count('host', label.hostIds.length),
              }),
          },
          {
            title: t('affinity:column.actions'),
            right: true,
            cell: label => (
              <ActionMenu
                name={t('affinity:actionsOf', { name: label.name })}
                actions={[
                  { key: 'edit', label: t('affinity:action.edit'), run: () => open('label-edit', [label.id]) },
                  {
                    key: 'remove',
                    label: t('affinity:action.remove'),
                    danger: true,
                    run: () => open('label-remove', [label.id]),
                  },
                ]}
              />
            ),
          },
        ]}
      />
      <AffinityDialogs />
    </div>
  )
}
