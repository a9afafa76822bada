import { useTranslation } from 'react-i18next'
import { useAsk } from '../api/hooks.ts'
import type { ClusterRow } from '../api/rows.ts'
import { useFormat } from '../format/index.ts'
import { paths } from '../paths.ts'
import { propertiesOfPolicy } from '../policies/properties.ts'
import { usePolicyText } from '../policies/policy-text.ts'
import { ActionButton } from '../templates/action-button.tsx'
import { Card, Facts } from '../templates/card.tsx'
import { Go } from '../templates/go.tsx'
import { Name } from '../templates/name.tsx'
import { useDialog } from '../templates/use-dialog.ts'

/** By which policy the cluster places machines, and what that policy would do next. */
export function ClusterScheduling({ cluster }: { cluster: ClusterRow }) {
  const { t } = useTranslation(['clusters', 'policies'])
  const policyText = usePolicyText()
  const { open } = useDialog()
  const { data: policies } = useAsk('schedulingPolicy.list', {})
  const { data: units } = useAsk('schedulingPolicy.units', {})
  const policy = policies?.find(one => one.id === cluster.schedulingPolicyId)
  if (policy === undefined || units === undefined) return <div aria-busy="true" />
  const over = cluster.settings.schedulingProperties as Readonly<Record<string, string | undefined>>
  const own = policy.properties as Readonly<Record<string, string | undefined>>
  return (
    <div className="rk-cards">
      <Card title={t('clusters:column.policy')} more={<Go to={paths.policies()}>{t('clusters:allPolicies')}</Go>}>
        <p>
          <b>
            <Name text={policy.name} />
          </b>{' '}
          {policyText(policy)}
        </p>
        <Facts
          facts={propertiesOfPolicy(policy, units).map(name => [
            t(`policies:property.${name}`),
            over[name] !== undefined ? (
              <>
                {over[name]} <span className="rk-chip">{t('clusters:saidHere')}</span>
              </>
            ) : (
              (own[name] ?? t('policies:unsaid'))
            ),
          ])}
        />
        <ActionButton
          action={{
            key: 'edit',
            label: t('clusters:changePolicy'),
            run: () => open('cluster-edit', [cluster.id, 'scheduling']),
          }}
        />
      </Card>
      <Next clusterId={cluster.id} />
    </div>
  )
}

/** What balancing and power saving would do now. */
function Next({ clusterId }: { clusterId: string }) {
  const { t } = useTranslation('clusters')
  const { number } = useFormat()
  const { data: plan } = useAsk('cluster.plan', { id: clusterId })
  const { data: hosts } = useAsk('host.list', { clusterIds: [clusterId] })
  if (plan === undefined) return null
  const name = (id: string) => hosts?.find(host => host.id === id)?.name ?? '…'
  const link = (id: string) => (
    <Go key={id} to={paths.host(id)}>
      <Name text={name(id)} most={32} />
    </Go>
  )
  const list = (ids: readonly string[]) => ids.flatMap((id, n) => (n === 0 ? [link(id)] : [', ', link(id)]))
  const { move, power } = plan
  return (
    <Card title={t('next.title')}>
      {move === null ? (
        <p>{t('next.rest')}</p>
      ) : (
        <>
          <p>{t(`next.why.${move.why}`)}</p>
          <Facts
            facts={[
              [t('next.from'), link(move.fromHostId)],
              [t('next.to'), list(move.toHostIds)],
            ]}
          />
        </>
      )}
      {power.enabled ? (
        <Facts
          facts={[
            [t('next.spare'), t('next.spareOf', { have: number(power.spare.length), wanted: number(power.wanted) })],
            [t('next.sleep'), power.sleep.length === 0 ? undefined : list(power.sleep)],
            [t('next.wake'), power.wake === null ? undefined : link(power.wake)],
          ]}
        />
      ) : null}
      <p className="rk-sub">{t('next.where')}</p>
    </Card>
  )
}
