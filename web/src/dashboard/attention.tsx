import { useTranslation } from 'react-i18next'
import { useAsk } from '../api/hooks.ts'
import { paths } from '../paths.ts'
import { Status, VmStatusLabel, vmStatusOf } from '../status/index.ts'
import { Card } from '../templates/card.tsx'
import { Go } from '../templates/go.tsx'
import { Name } from '../templates/name.tsx'
import { Start } from './start.tsx'

/** The most of each kind that are named here; the lists have the rest. */
const most = 5

const texts = {
  host: 'status = non_responsive or status = non_operational or status = error or status = install_failed',
  storageDomain: 'status = inactive or status = unknown',
  vm: 'status = paused or status = not_responding or status = unknown',
} as const

/** What does not work and will not by itself, each with the way to it; with nothing to say, the first steps or that all is well. */
export function Attention() {
  const { t } = useTranslation('dashboard')
  const hostIds = useAsk('host.search', { text: texts.host, max: most })
  const domainIds = useAsk('storageDomain.search', { text: texts.storageDomain, max: most })
  const vmIds = useAsk('vm.search', { text: texts.vm, max: 50 })
  const hosts = useAsk('host.list', { ids: hostIds.data?.ids ?? [] }, { enabled: (hostIds.data?.total ?? 0) > 0 })
  const domains = useAsk(
    'storageDomain.list',
    { ids: domainIds.data?.ids ?? [] },
    { enabled: (domainIds.data?.total ?? 0) > 0 },
  )
  const vms = useAsk('vm.list', { ids: vmIds.data?.ids ?? [] }, { enabled: (vmIds.data?.total ?? 0) > 0 })
  const jobs = useAsk('job.list', { max: 100 })

  const troubledHosts = hostIds.data?.total === 0 ? [] : (hosts.data ?? [])
  const troubledDomains = domainIds.data?.total === 0 ? [] : (domains.data ?? [])
  // A VM that a person paused needs nobody.
  const troubledVms = (vmIds.data?.total === 0 ? [] : (vms.data ?? []))
    .filter(vm => vmStatusOf(vm) !== 'paused')
    .slice(0, most)
  const stuck = (jobs.data ?? []).filter(job => job.status === 'stuck').slice(0, most)
  const count = troubledHosts.length + troubledDomains.length + troubledVms.length + stuck.length
  const known = hostIds.data !== undefined && domainIds.data !== undefined && vmIds.data !== undefined

  if (known && count === 0) return <Start />
  return (
    <Card title={t('attention.title')} more={count === 0 ? undefined : count} wide>
      <ul>
        {troubledHosts.map(host => (
          <li key={host.id}>
            <Status kind="host" status={host.status} />
            <Go to={paths.host(host.id)}>
              <Name text={host.name} />
            </Go>
            <span className="rk-sub rk-grow rk-clip" lang="en">
              <bdi>{host.statusReason}</bdi>
            </span>
          </li>
        ))}
        {troubledDomains.map(domain => (
          <li key={domain.id}>
            <Status kind="storageDomain" status={domain.status} />
            <Go to={paths.domain(domain.id)}>
              <Name text={domain.name} />
            </Go>
          </li>
        ))}
        {troubledVms.map(vm => (
          <li key={vm.id}>
            <VmStatusLabel vm={vm} />
            <Go to={paths.vm(vm.id)}>
              <Name text={vm.name} />
            </Go>
          </li>
        ))}
        {stuck.map(job => (
          <li key={job.id}>
            <Status kind="task" status={job.status} />
            <Go to={paths.task(job.id)}>
              <Name text={job.description} most={80} />
            </Go>
          </li>
        ))}
      </ul>
    </Card>
  )
}
