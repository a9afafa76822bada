import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { op } from '../api/client.ts'
import { useAsk } from '../api/hooks.ts'
import type { VmRow } from '../api/rows.ts'
import { useFormat } from '../format/index.ts'
import { Choice } from '../templates/dialog/choice.tsx'
import { FormDialog } from '../templates/dialog/form-dialog.tsx'
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
  const able = vms.filter(vm => reason('migrate', vm) === undefined)
  const submit = async () => {
    // Alone it is refused in the dialog; of several those that could not are named beside those that could.
    if (one) await op('vm.migrate', { id: only.id, ...(hostId === '' ? {} : { hostId }) })
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
        <Target vm={only} hostId={hostId} onChoose={setHostId} />
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

/** The hosts of its cluster: where it fits best, and why the others would not take it. */
function Target({ vm, hostId, onChoose }: { vm: VmRow; hostId: string; onChoose: (id: string) => void }) {
  const { t } = useTranslation('vms')
  const words = useRefusalText()
  const { data } = useAsk('vm.explain', { id: vm.id })
  const hosts = data?.hosts ?? []
  const best = hosts.find(host => host.chosen)
  const why = (host: (typeof hosts)[number]) =>
    host.refusals.map(refusal => words(refusal.reason) ?? refusal.sentence).join('; ')
  return (
    <>
      <Choice
        id="migrate-host"
        label={t('column.host')}
        value={hostId}
        onChange={onChoose}
        options={[
          { value: '', label: best === undefined ? t('migrate.any') : t('migrate.best', { name: best.host }) },
          ...hosts.map(host => ({
            value: host.hostId,
            label: host.host,
            reason: host.able ? undefined : why(host),
          })),
        ]}
      />
      {hosts.length === 0 ? null : (
        <table className="rk-plain-table" aria-label={t('migrate.hosts')}>
          <thead>
            <tr>
              <th scope="col">{t('column.host')}</th>
              <th scope="col">{t('migrate.takes')}</th>
            </tr>
          </thead>
          <tbody>
            {hosts.map(host => (
              <tr key={host.hostId}>
                <th scope="row">
                  <Name text={host.host} />
                </th>
                <td>{host.able ? t(host.chosen ? 'migrate.fitsBest' : 'migrate.fits') : <bdi>{why(host)}</bdi>}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  )
}
