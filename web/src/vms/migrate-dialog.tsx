import { Alert } from '@patternfly/react-core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { op } from '../api/client.ts'
import { useAsk } from '../api/hooks.ts'
import type { VmRow } from '../api/rows.ts'
import { useFormat } from '../format/index.ts'
import { paths } from '../paths.ts'
import { Choice } from '../templates/dialog/choice.tsx'
import { FormDialog } from '../templates/dialog/form-dialog.tsx'
import { ExplanationRows } from '../templates/explanation.tsx'
import { Go } from '../templates/go.tsx'
import { Name } from '../templates/name.tsx'
import { useNotes } from '../templates/notes.tsx'
import { useRefusalText } from '../templates/refusal-text.ts'
import { each } from './each.ts'
import { useVmReason } from './reasons.ts'

/** How many machines are named; the others are counted. */
const most = 10

/** Moves machines to another host: one that is chosen, or, each for itself, the one that fits best. */
export function MigrateDialog({ vms, onClose }: { vms: readonly [VmRow, ...VmRow[]]; onClose: () => void }) {
  const { t } = useTranslation('vms')
  const { count } = useFormat()
  const reason = useVmReason()
  const notes = useNotes()
  const [only] = vms
  const one = vms.length === 1
  const [hostId, setHostId] = useState('')
  const [clusterId, setClusterId] = useState('')
  const able = vms.filter(vm => reason('migrate', vm) === undefined)
  const submit = async () => {
    // Alone it is refused in the dialog; of several those that could not are named beside those that could.
    if (one)
      await op('vm.migrate', {
        id: only.id,
        ...(hostId === '' ? {} : { hostId }),
        ...(clusterId === '' ? {} : { clusterId }),
      })
    else
      await each(
        able,
        vm => op('vm.migrate', { id: vm.id }),
        (vm, error) => notes.failed(t('failed', { name: vm.name }), error),
      )
    onClose()
  }
  return (
    <FormDialog
      title={t('migrate.title', { name: one ? only.name : count('vm', vms.length) })}
      description={t('migrate.lead')}
      submitLabel={t('action.migrate')}
      submit={submit}
      onClose={onClose}
      wide={one}
    >
      {one ? (
        <Target
          vm={only}
          clusterId={clusterId}
          hostId={hostId}
          onCluster={id => {
            setClusterId(id)
            setHostId('')
          }}
          onHost={setHostId}
        />
      ) : (
        <ul className="rk-lost">
          {able.slice(0, most).map(vm => (
            <li key={vm.id}>
              <Name text={vm.name} />
            </li>
          ))}
          {able.length > most ? <li>{t('migrate.others', { n: able.length - most })}</li> : null}
        </ul>
      )}
    </FormDialog>
  )
}

/** Where it may go: a cluster of its data center, a host there, and why each host would or would not take it. */
function Target(p: {
  vm: VmRow
  clusterId: string
  hostId: string
  onCluster: (id: string) => void
  onHost: (id: string) => void
}) {
  const { t } = useTranslation('vms')
  const words = useRefusalText()
  const { data: clusters } = useAsk('cluster.list', { dataCenterIds: [p.vm.dataCenterId] })
  const { data } = useAsk('vm.explain', { id: p.vm.id, ...(p.clusterId === '' ? {} : { clusterId: p.clusterId }) })
  const hosts = data?.hosts ?? []
  const best = hosts.find(host => host.chosen)
  const why = (host: (typeof hosts)[number]) =>
    host.refusals.map(refusal => words(refusal.reason) ?? refusal.sentence).join('; ')
  return (
    <>
      {clusters !== undefined && clusters.length > 1 ? (
        <Choice
          id="migrate-cluster"
          label={t('column.cluster')}
          value={p.clusterId === '' ? p.vm.clusterId : p.clusterId}
          onChange={id => p.onCluster(id === p.vm.clusterId ? '' : id)}
          options={clusters.map(({ id, name }) => ({ value: id, label: name }))}
        />
      ) : null}
      <Choice
        id="migrate-host"
        label={t('column.host')}
        value={p.hostId}
        onChange={p.onHost}
        options={[
          { value: '', label: best === undefined ? t('migrate.any') : t('migrate.best', { name: best.host }) },
          ...hosts.map(host => ({
            value: host.hostId,
            label: host.host,
            reason: host.able ? undefined : why(host),
          })),
        ]}
      />
      {data !== undefined && hosts.length + data.hidden.all < 2 && p.clusterId === '' ? (
        <Alert variant="info" isInline component="h2" title={t('migrate.alone.title')}>
          <p>{t('migrate.alone.body')}</p>
          <Go to={`${paths.cluster(p.vm.clusterId, 'hosts')}?do=host-add&of=${p.vm.clusterId}`}>
            {t('migrate.alone.add')}
          </Go>
        </Alert>
      ) : null}
      {data === undefined ? <div aria-busy="true" /> : <ExplanationRows explanation={data} />}
    </>
  )
}
