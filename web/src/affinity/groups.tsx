import { useTranslation } from 'react-i18next'
import { useAsk } from '../api/hooks.ts'
import type { AffinityGroupRow } from '../api/rows.ts'
import { useFormat } from '../format/index.ts'
import { paths } from '../paths.ts'
import { Status } from '../status/index.ts'
import { ActionButton } from '../templates/action-button.tsx'
import { ActionMenu } from '../templates/action-menu.tsx'
import { EmptyKind } from '../templates/empty-kind.tsx'
import { Go } from '../templates/go.tsx'
import { Name } from '../templates/name.tsx'
import { Problem } from '../templates/problem.tsx'
import { SmallTable } from '../templates/table.tsx'
import { useDialog } from '../templates/use-dialog.ts'
import { AffinityDialogs } from './dialogs.tsx'
import './affinity.css'

/** Affinity groups: of one cluster, or all. */
export function AffinityGroups({ clusterId }: { clusterId?: string }) {
  const { t } = useTranslation('affinity')
  const format = useFormat()
  const { open } = useDialog()
  const { data, error } = useAsk('affinityGroup.list', clusterId === undefined ? {} : { clusterIds: [clusterId] })
  const { data: clusters } = useAsk('cluster.list', {})
  const add = {
    key: 'new',
    label: t('group.new'),
    run: () => open('group-new', clusterId === undefined ? [] : [clusterId]),
  }
  if (error !== null && data === undefined) return <Problem error={error} />
  if (data === undefined) return <div aria-busy="true" />
  return (
    <div className="rk-column">
      {data.length === 0 ? null : (
        <div className="rk-bar">
          <ActionButton action={add} variant="primary" />
        </div>
      )}
      <SmallTable<AffinityGroupRow>
        label={t('group.title')}
        rows={data}
        keyOf={group => group.id}
        empty={<EmptyKind title={t('group.empty.title')} body={t('group.empty.body')} action={add} />}
        columns={[
          { title: t('column.name'), cell: group => <Name text={group.name} /> },
          ...(clusterId === undefined
            ? [
                {
                  title: t('column.cluster'),
                  cell: (group: AffinityGroupRow) => (
                    <Go to={paths.cluster(group.clusterId, 'affinity')}>
                      <Name text={clusters?.find(one => one.id === group.clusterId)?.name ?? ''} most={24} />
                    </Go>
                  ),
                },
              ]
            : []),
          {
            title: t('column.vms'),
            cell: group => (group.vmsEnabled ? t(ruleKey('vms', group.vmsPositive, group.vmsEnforcing)) : '–'),
          },
          {
            title: t('column.hosts'),
            cell: group => (group.hostsEnabled ? t(ruleKey('hosts', group.hostsPositive, group.hostsEnforcing)) : '–'),
          },
          {
            title: t('column.members'),
            cell: group =>
              t('members', {
                vms: format.count('vm', group.vmIds.length),
                hosts: format.count('host', group.hostIds.length),
                labels: format.count('label', group.vmLabelIds.length + group.hostLabelIds.length),
              }),
          },
          { title: t('column.priority'), right: true, cell: group => format.number(group.priority) },
          {
            title: t('column.state'),
            cell: group => <Status kind="affinity" status={group.broken ? 'broken' : 'kept'} />,
          },
          {
            title: t('column.actions'),
            right: true,
            cell: group => (
              <ActionMenu
                name={t('actionsOf', { name: group.name })}
                actions={[
                  { key: 'edit', label: t('action.edit'), run: () => open('group-edit', [group.id]) },
                  {
                    key: 'remove',
                    label: t('action.remove'),
                    danger: true,
                    run: () => open('group-remove', [group.id]),
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

const ruleKey = (what: 'vms' | 'hosts', positive: boolean, hard: boolean) =>
  `rule.${what}.${positive ? 'positive' : 'negative'}.${hard ? 'hard' : 'soft'}` as const
