import { Alert } from '@patternfly/react-core'
import { useTranslation } from 'react-i18next'
import { useAsk } from '../api/hooks.ts'
import type { ClusterNowRow, ClusterRow } from '../api/rows.ts'
import { Time, useFormat } from '../format/index.ts'
import { paths } from '../paths.ts'
import { RunningTask } from '../tasks/running-task.tsx'
import { Card, Facts, Share } from '../templates/card.tsx'
import { Copy } from '../templates/copy.tsx'
import { Go } from '../templates/go.tsx'
import { Name } from '../templates/name.tsx'
import { ClusterCpuCard } from './cpu-card.tsx'

/** What a cluster is, how full it is, and what its hosts have in common. */
export function ClusterOverview({ cluster, now }: { cluster: ClusterRow; now: ClusterNowRow | undefined }) {
  const { t } = useTranslation('clusters')
  const { data: policies } = useAsk('schedulingPolicy.list', {})
  const policy = policies?.find(one => one.id === cluster.schedulingPolicyId)
  return (
    <>
      {now === undefined ? null : <Next cluster={cluster} now={now} />}
      <div className="rk-cards">
        <NowCard now={now} />
        <RunningTask about={cluster.id} />
        <Card title={t('card.identity')}>
          <Facts
            facts={[
              [t('column.cpuType'), cluster.cpuType === null ? t('cpuTypeLater') : <bdi>{cluster.cpuType}</bdi>],
              [t('field.level'), `${cluster.levelMajor}.${cluster.levelMinor}`],
              [
                t('column.policy'),
                policy === undefined ? undefined : (
                  <Go to={paths.cluster(cluster.id, 'scheduling')}>
                    <Name text={policy.name} />
                  </Go>
                ),
              ],
              [t('field.overcommit'), t('percentOf', { n: cluster.memoryOvercommit })],
              [t('column.created'), <Time at={cluster.createdAt} />],
              [
                t('id'),
                <>
                  <code>{cluster.id}</code> <Copy text={cluster.id} />
                </>,
              ],
            ]}
          />
        </Card>
      </div>
      <div className="rk-cards">
        <ClusterCpuCard clusterId={cluster.id} />
      </div>
    </>
  )
}

/** What stands in the way of what a cluster is for, and the way out. */
function Next({ cluster, now }: { cluster: ClusterRow; now: ClusterNowRow }) {
  const { t } = useTranslation('clusters')
  const word = now.hosts === 0 ? 'noHosts' : now.hostsUp === 0 ? 'noneUp' : now.hostsUp === 1 ? 'oneHost' : undefined
  if (word === undefined) return null
  return (
    <Alert variant={word === 'oneHost' ? 'info' : 'warning'} isInline component="h2" title={t(`${word}.title`)}>
      <p>{t(`${word}.body`)}</p>
      <p>
        <Go to={`${paths.cluster(cluster.id, 'hosts')}${word === 'noneUp' ? '' : `?do=host-add&of=${cluster.id}`}`}>
          {word === 'noneUp' ? t('seeHosts') : t('addHost')}
        </Go>
      </p>
    </Alert>
  )
}

/** How full it is at this moment. */
function NowCard({ now }: { now: ClusterNowRow | undefined }) {
  const { t } = useTranslation('clusters')
  const format = useFormat()
  if (now === undefined)
    return (
      <Card title={t('card.now')}>
        <p className="rk-sub">{t('noNumbers')}</p>
      </Card>
    )
  return (
    <Card title={t('card.now')}>
      <div className="rk-host-now">
        <p className="rk-kv">
          <span>{t('column.cpu')}</span>
          <b>{t('cpusOf', { used: format.short(now.cpusUsed), all: format.number(now.cpus) })}</b>
        </p>
        <Share part={now.cpusUsed} whole={now.cpus} label={t('column.cpu')} />
        <p className="rk-kv">
          <span>{t('column.memory')}</span>
          <b>{format.bytesOf(now.memoryUsed, now.memory)}</b>
        </p>
        <Share part={now.memoryUsed} whole={now.memory} label={t('column.memory')} />
      </div>
      <Facts
        facts={[
          [
            t('column.promised'),
            now.memory === 0
              ? format.bytes(now.memoryPromised)
              : t('promisedOf', {
                  part: format.bytes(now.memoryPromised),
                  percent: format.percent(now.memoryPromised / now.memory),
                }),
          ],
          [t('column.hosts'), t('upOf', { up: now.hostsUp, all: now.hosts })],
          [t('column.vms'), t('runningOf', { running: now.vmsRunning, all: now.vms })],
        ]}
      />
    </Card>
  )
}
