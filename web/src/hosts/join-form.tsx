import { ClipboardCopy } from '@patternfly/react-core'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { op } from '../api/client.ts'
import { useAsk } from '../api/hooks.ts'
import { Time } from '../format/index.ts'
import { paths } from '../paths.ts'
import { Choice } from '../templates/dialog/choice.tsx'
import { TextField } from '../templates/dialog/field.tsx'
import { FormDialog } from '../templates/dialog/form-dialog.tsx'
import { Go } from '../templates/go.tsx'
import { Name } from '../templates/name.tsx'

/** How long a command may be used, minutes. */
const times = [15, 60, 1440, 10080] as const

/** A command that lets one machine join, once; the dialog stays and says when a machine has come. */
export function JoinForm({ clusterId, head, onClose }: { clusterId: string; head: ReactNode; onClose: () => void }) {
  const { t } = useTranslation(['hosts', 'common'])
  const [name, setName] = useState('')
  const [minutes, setMinutes] = useState<(typeof times)[number]>(60)
  const [made, setMade] = useState<{ command: string; expiresAt: string; before: ReadonlySet<string> }>()
  const { data: hosts } = useAsk('host.list', { clusterIds: [clusterId] }, { enabled: clusterId !== '' })
  const come = made === undefined ? [] : (hosts ?? []).filter(host => !made.before.has(host.id))
  return (
    <FormDialog
      wide
      title={t('hosts:add.title')}
      submitLabel={t(made === undefined ? 'hosts:join.make' : 'hosts:join.another')}
      {...(made === undefined ? {} : { closeLabel: t('common:close') })}
      onClose={onClose}
      submit={async () => {
        const before = new Set((hosts ?? []).map(host => host.id))
        const { command, expiresAt } = await op('host.joinToken', {
          clusterId,
          minutes,
          ...(name.trim() === '' ? {} : { name: name.trim() }),
        })
        setMade({ command, expiresAt, before })
        setName('')
        return true
      }}
    >
      {head}
      <div className="rk-pair">
        <TextField
          id="join-name"
          label={t('hosts:join.name')}
          value={name}
          onChange={setName}
          hint={t('hosts:join.nameHint')}
          maxLength={255}
        />
        <Choice
          id="join-time"
          label={t('hosts:join.time')}
          value={String(minutes)}
          onChange={value => setMinutes(times.find(one => String(one) === value) ?? 60)}
          options={times.map(value => ({ value: String(value), label: t(`hosts:join.times.${value}`) }))}
        />
      </div>
      {made === undefined ? null : (
        <section aria-label={t('hosts:join.command')}>
          <p>{t('hosts:join.run')}</p>
          <ClipboardCopy
            isReadOnly
            isCode
            hoverTip={t('common:copy')}
            clickTip={t('common:copied')}
            textAriaLabel={t('hosts:join.command')}
            toggleAriaLabel={t('hosts:join.whole')}
            copyAriaLabel={t('common:copy')}
            variant="expansion"
          >
            {made.command}
          </ClipboardCopy>
          <p className="rk-sub">
            {t('hosts:join.once')} {t('hosts:join.until')} <Time at={made.expiresAt} />
          </p>
          <p role="status">
            {come.length === 0
              ? t('hosts:join.waiting')
              : come.map(host => (
                  <span key={host.id}>
                    {t('hosts:join.come')}{' '}
                    <Go to={paths.host(host.id)}>
                      <Name text={host.name} />
                    </Go>{' '}
                  </span>
                ))}
          </p>
        </section>
      )}
    </FormDialog>
  )
}
