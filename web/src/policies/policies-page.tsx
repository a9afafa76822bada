import { useTranslation } from 'react-i18next'
import { useAsk } from '../api/hooks.ts'
import type { PolicyRow } from '../api/rows.ts'
import { useFormat } from '../format/index.ts'
import { paths } from '../paths.ts'
import { ActionButton } from '../templates/action-button.tsx'
import { ActionMenu } from '../templates/action-menu.tsx'
import { Go } from '../templates/go.tsx'
import { Name } from '../templates/name.tsx'
import { Problem } from '../templates/problem.tsx'
import { SmallTable } from '../templates/table.tsx'
import { PageTitle } from '../templates/title.tsx'
import { useDialog } from '../templates/use-dialog.ts'
import { PolicyDialogs } from './dialogs.tsx'
import { usePolicyText } from './policy-text.ts'

/** Scheduling policies: those of the product, and those that people made of its units. */
export function PoliciesPage() {
  const { t } = useTranslation('policies')
  const format = useFormat()
  const policyText = usePolicyText()
  const { open } = useDialog()
  const { data, error } = useAsk('schedulingPolicy.list', {})
  const { data: clusters } = useAsk('cluster.list', {})
  const users = (policy: PolicyRow) => (clusters ?? []).filter(cluster => cluster.schedulingPolicyId === policy.id)
  return (
    <div className="rk-page">
      <div className="rk-bar">
        <PageTitle title={t('title')}>
          {t('title')}
          <small>{data === undefined ? null : format.count('policy', data.length)}</small>
        </PageTitle>
        <span className="rk-space" />
        <ActionButton
          action={{ key: 'new', label: t('new'), run: () => open('policy-new') }}
          variant="primary"
          size="default"
        />
      </div>
      <p className="rk-sub rk-prose">{t('lead')}</p>
      {error !== null && data === undefined ? <Problem error={error} /> : null}
      {data === undefined ? null : (
        <div className="rk-gap">
          <SmallTable<PolicyRow>
            label={t('title')}
            rows={data}
            keyOf={policy => policy.id}
            empty={<p>{t('none')}</p>}
            columns={[
              {
                title: t('column.name'),
                cell: policy => (
                  <>
                    <Name text={policy.name} />{' '}
                    {policy.locked ? <span className="rk-chip">{t('ofProduct')}</span> : null}
                  </>
                ),
              },
              { title: t('column.what'), cell: policy => <Name text={policyText(policy)} most={120} /> },
              { title: t('column.filters'), right: true, cell: policy => format.number(policy.filters.length) },
              { title: t('column.weights'), right: true, cell: policy => format.number(policy.weights.length) },
              {
                title: t('column.clusters'),
                cell: policy =>
                  users(policy).length === 0
                    ? '–'
                    : users(policy)
                        .slice(0, 3)
                        .map((cluster, n) => (
                          <span key={cluster.id}>
                            {n === 0 ? null : ', '}
                            <Go to={paths.cluster(cluster.id, 'scheduling')}>
                              <Name text={cluster.name} most={24} />
                            </Go>
                          </span>
                        )),
              },
              {
                title: t('column.actions'),
                right: true,
                cell: policy => (
                  <ActionMenu
                    name={t('actionsOf', { name: policy.name })}
                    actions={[
                      policy.locked
                        ? { key: 'view', label: t('action.view'), run: () => open('policy-view', [policy.id]) }
                        : { key: 'edit', label: t('action.edit'), run: () => open('policy-edit', [policy.id]) },
                      { key: 'copy', label: t('action.copy'), run: () => open('policy-copy', [policy.id]) },
                      {
                        key: 'remove',
                        label: t('action.remove'),
                        danger: true,
                        reason: policy.locked
                          ? t('locked')
                          : users(policy).length > 0
                            ? t('inUse', { clusters: format.count('cluster', users(policy).length) })
                            : undefined,
                        run: () => open('policy-remove', [policy.id]),
                      },
                    ]}
                  />
                ),
              },
            ]}
          />
        </div>
      )}
      <PolicyDialogs />
    </div>
  )
}
