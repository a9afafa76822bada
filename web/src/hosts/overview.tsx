import { useTranslation } from 'react-i18next'
import { useAsk } from '../api/hooks.ts'
import type { HostRow } from '../api/rows.ts'
import { Spark } from '../charts/index.ts'
import { Ago, Since, Time, useFormat } from '../format/index.ts'
import { paths } from '../paths.ts'
import { RunningTask } from '../tasks/running-task.tsx'
import type { ActionItem } from '../templates/actions.ts'
import { Card, Facts, Share } from '../templates/card.tsx'
import { Copy } from '../templates/copy.tsx'
import { Go } from '../templates/go.tsx'
import { Name } from '../templates/name.tsx'
import { DrainCard } from './drain-card.tsx'
import { threadsOf } from './facts.ts'
import { HostState } from './state-card.tsx'

/** What a host is, how it is now, and what is on it. */
export function HostOverview({ host, actions }: { host: HostRow; actions: readonly ActionItem[] }) {
  const { t } = useTranslation('hosts')
  const { data: clusters } = useAsk('cluster.list', {})
  const { facts } = host
  return (
    <>
      <HostState host={host} actions={actions} />
      <div className="rk-cards">
        <Now host={host} />
        {host.status === 'preparing_for_maintenance' ? <DrainCard host={host} /> : null}
        <RunningTask about={host.id} />
        <Card title={t('card.identity')}>
          <Facts
            facts={[
              [t('fact.address'), <Name key="a" text={host.address} />],
              [
                t('fact.cluster'),
                <Go key="c" to={paths.cluster(host.clusterId)}>
                  <Name text={clusters?.find(cluster => cluster.id === host.clusterId)?.name ?? ''} />
                </Go>,
              ],
              [t('fact.hostname'), facts === null ? undefined : <Name key="h" text={facts.hostname} />],
              [t('fact.spm'), t(`spm.${host.spmStatus}`)],
              [t('fact.lastSeen'), <Ago key="s" at={host.seenAt} why={t('noNumbers')} />],
              [t('fact.uptime'), host.stats === null ? undefined : <Since key="u" at={host.stats.bootTime} />],
              [t('fact.created'), <Time key="t" at={host.createdAt} />],
              [
                t('fact.id'),
                <span key="i">
                  <code>{host.id}</code> <Copy text={host.id} />
                </span>,
              ],
            ]}
          />
        </Card>
        {facts === null ? (
          <Card title={t('card.machine')}>
            <p className="rk-sub">{t('noFacts')}</p>
          </Card>
        ) : (
          <Machine host={host} facts={facts} />
        )}
      </div>
    </>
  )
}

/** CPU and memory of this moment, and what is promised. */
function Now({ host }: { host: HostRow }) {
  const { t } = useTranslation('hosts')
  const format = useFormat()
  const { data } = useAsk('host.now', { ids: [host.id] }, { keep: true })
  const now = data?.[0]
  const memory = host.facts?.memory ?? 0
  const milliseconds = (seconds: number | null) => (seconds === null ? '–' : format.short(seconds * 1000))
  return (
    <Card
      title={t('card.now')}
      more={host.stats === null ? undefined : t('load', { n: format.short(host.stats.load5) })}
    >
      {now === undefined ? <p className="rk-sub">{t('noNumbers')}</p> : null}
      <div className="rk-host-now">
        <p className="rk-kv">
          <span>{t('fact.cpu')}</span>
          <span className="rk-meter">
            <Spark values={now?.recentCpu ?? []} max={1} />
            <b>{format.percent(now?.cpu)}</b>
          </span>
        </p>
        <Share part={now?.cpu ?? 0} whole={1} label={t('fact.cpu')} />
        <p className="rk-kv">
          <span>{t('fact.memory')}</span>
          <b>{format.bytesOf(now?.memoryUsed, now?.memory)}</b>
        </p>
        <Share part={now?.memoryUsed ?? 0} whole={now?.memory ?? 0} label={t('fact.memory')} />
      </div>
      <Facts
        facts={[
          [
            t('fact.promised'),
            memory === 0
              ? format.bytes(host.committedMemory)
              : t('promisedOf', {
                  part: format.bytes(host.committedMemory),
                  whole: format.bytes(memory),
                  percent: format.percent(host.committedMemory / memory),
                }),
          ],
          [t('fact.promisedVcpus'), format.number(host.committedVcpus)],
          [t('fact.vms'), t('vmsOf', { active: host.vmsActive, all: host.vmsTotal })],
          [
            t('fact.network'),
            now === undefined ? undefined : `↓ ${format.bitRate(now.rxBytes * 8)} ↑ ${format.bitRate(now.txBytes * 8)}`,
          ],
          [
            t('fact.storage'),
            now === undefined
              ? undefined
              : t('storageRates', { read: format.byteRate(now.readBytes), write: format.byteRate(now.writeBytes) }),
          ],
          [
            t('fact.latency'),
            now === undefined || (now.readLatency === null && now.writeLatency === null)
              ? undefined
              : t('latencies', { read: milliseconds(now.readLatency), write: milliseconds(now.writeLatency) }),
          ],
          [
            t('fact.ksm'),
            host.stats === null
              ? undefined
              : t('ksmOf', { size: format.bytes(host.stats.memoryShared), cpu: format.percent(host.stats.ksmCpu) }),
          ],
          [
            t('fact.swap'),
            host.stats === null || host.stats.swapTotal === 0
              ? undefined
              : format.bytesOf(host.stats.swapUsed, host.stats.swapTotal),
          ],
        ]}
      />
    </Card>
  )
}

/** The machine: how guests run on it, its CPU and memory, its software. */
function Machine({ host, facts }: { host: HostRow; facts: NonNullable<HostRow['facts']> }) {
  const { t } = useTranslation('hosts')
  const format = useFormat()
  const { cpu, acceleration } = facts
  return (
    <>
      <Card title={t('card.machine')}>
        <Facts
          facts={[
            [t('fact.cpuModel'), <Name key="m" text={cpu.model} />],
            [
              t('fact.cpus'),
              t('topology', {
                threads: threadsOf(facts),
                sockets: cpu.sockets,
                cores: cpu.cores,
                per: cpu.threads,
              }),
            ],
            [t('fact.guestModel'), cpu.guestModel === null ? undefined : <bdi key="g">{cpu.guestModel}</bdi>],
            [t('fact.architecture'), <bdi key="a">{cpu.architecture}</bdi>],
            [t('fact.memory'), format.bytes(facts.memory)],
          ]}
        />
        <p className="rk-host-accel">
          <span className="rk-chip" data-accel={acceleration.kind}>
            {t(`acceleration.${acceleration.kind}`)}
          </span>{' '}
          <bdi lang="en">{acceleration.reason}</bdi>
        </p>
        {acceleration.kind === 'tcg' ? <p className="rk-sub">{t('acceleration.slow')}</p> : null}
      </Card>
      <Card title={t('card.software')}>
        <Facts
          facts={[
            [t('fact.os'), <Name key="o" text={`${facts.os.name} ${facts.os.version}`} />],
            [t('fact.kernel'), <Name key="k" text={facts.kernel} />],
            [
              t('fact.agent'),
              <span key="a">
                <bdi>{facts.agentVersion}</bdi>{' '}
                {host.updateAvailable ? <span className="rk-chip">{t('update')}</span> : null}
              </span>,
            ],
            [
              t('fact.certificate'),
              host.certificateUntil === null ? undefined : <Time key="c" at={host.certificateUntil} />,
            ],
            [t('fact.qemu'), <bdi key="q">{facts.qemuVersion}</bdi>],
            [t('fact.libvirt'), <bdi key="l">{facts.libvirtVersion}</bdi>],
            [
              t('fact.firmware'),
              facts.firmware.length === 0 ? undefined : <bdi key="f">{facts.firmware.join(', ')}</bdi>,
            ],
          ]}
        />
      </Card>
    </>
  )
}
