import { Alert, Checkbox } from '@patternfly/react-core'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, op } from '../api/client.ts'
import { paths } from '../paths.ts'
import { TextField } from '../templates/dialog/field.tsx'
import { FormDialog } from '../templates/dialog/form-dialog.tsx'
import { without } from '../templates/dialog/without.ts'
import { useGo } from '../templates/go.tsx'
import { isPlainName } from '../templates/plain-name.ts'
import { SignInFields } from './sign-in-fields.tsx'
import { emptySsh, placeOf, placeProblems, type SshDraft, type SshProblem, signInProblems, sshOf } from './ssh.ts'

/** The key that a machine showed, and where. */
interface Shown {
  fingerprint: string
  type: string
  place: string
}

/**
 * Adds a machine that the engine installs over SSH. Its key is asked for first, and nothing is sent before a person has said that it is
 * the machine's; then the task owns it, and its page shows each step.
 */
export function SshForm({ clusterId, head, onClose }: { clusterId: string; head: ReactNode; onClose: () => void }) {
  const { t } = useTranslation(['hosts', 'common'])
  const go = useGo()
  const [draft, setDraft] = useState<SshDraft>(emptySsh)
  const [problems, setProblems] = useState<Partial<Record<keyof SshDraft, SshProblem>>>({})
  const [shown, setShown] = useState<Shown>()
  const [same, setSame] = useState(false)
  const [missing, setMissing] = useState(false)
  const set = (change: Partial<SshDraft>) => {
    setDraft(now => ({ ...now, ...change }))
    setProblems(now => without(now, change))
  }
  const place = JSON.stringify(placeOf(draft))
  // The key of another place says nothing.
  const key = shown?.place === place ? shown : undefined
  const problem = (field: keyof SshDraft) => {
    const found = problems[field]
    return found === undefined ? undefined : t(`hosts:ssh.problem.${found}`)
  }
  const submit = async () => {
    const found = {
      ...(draft.name.trim() === ''
        ? { name: 'nameMissing' as const }
        : isPlainName(draft.name.trim())
          ? {}
          : { name: 'nameCharacters' as const }),
      ...placeProblems(draft),
      ...signInProblems(draft),
    }
    setProblems(found)
    if (Object.keys(found).length > 0) return false
    if (key === undefined) {
      setSame(false)
      setMissing(false)
      const answer = await ask('host.fingerprint', { ...placeOf(draft), clusterId })
      setShown({ ...answer, place })
      return true
    }
    setMissing(!same)
    if (!same) return false
    const { id } = await op('host.add', {
      name: draft.name.trim(),
      address: placeOf(draft).address,
      clusterId,
      activate: draft.activate,
      ssh: sshOf(draft, key.fingerprint),
    })
    go(paths.host(id), { replace: true })
    return true
  }
  return (
    <FormDialog
      wide
      title={t('hosts:add.title')}
      submitLabel={t(key === undefined ? 'hosts:ssh.look' : 'hosts:add.verb')}
      dirty={draft !== emptySsh}
      submit={submit}
      onClose={onClose}
    >
      {head}
      <TextField
        id="host-name"
        label={t('common:name')}
        value={draft.name}
        onChange={name => set({ name })}
        error={problem('name')}
        maxLength={255}
        required
        autoFocus
      />
      <div className="rk-pair">
        <TextField
          id="ssh-address"
          label={t('hosts:fact.address')}
          value={draft.address}
          onChange={address => set({ address })}
          error={problem('address')}
          hint={t('hosts:ssh.addressHint')}
          maxLength={255}
          required
        />
        <TextField
          id="ssh-port"
          label={t('hosts:ssh.port')}
          value={draft.port}
          onChange={port => set({ port })}
          error={problem('port')}
          maxLength={8}
        />
      </div>
      <SignInFields draft={draft} problems={problems} set={set} />
      <Checkbox
        id="ssh-activate"
        label={t('hosts:ssh.activate')}
        isChecked={draft.activate}
        onChange={(_event, activate) => set({ activate })}
      />
      {key === undefined ? (
        <p className="rk-sub">{t('hosts:ssh.next')}</p>
      ) : (
        <Alert variant="info" isInline component="h2" title={t('hosts:ssh.shown', { address: placeOf(draft).address })}>
          <p>
            <code className="rk-flags">{key.fingerprint}</code> ({key.type})
          </p>
          <p>
            {t('hosts:ssh.compare')} <code>for k in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -lf $k; done</code>
          </p>
          <Checkbox
            id="ssh-same"
            label={t('hosts:ssh.same')}
            isChecked={same}
            aria-invalid={missing}
            aria-describedby="ssh-same-missing"
            onChange={(_event, value) => {
              setSame(value)
              setMissing(false)
            }}
          />
          <p id="ssh-same-missing" className="rk-field-error" role="alert">
            {missing ? t('hosts:ssh.sameMissing') : null}
          </p>
        </Alert>
      )}
    </FormDialog>
  )
}
