import { Checkbox } from '@patternfly/react-core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { op } from '../api/client.ts'
import type { HostRow } from '../api/rows.ts'
import { paths } from '../paths.ts'
import { FormDialog } from '../templates/dialog/form-dialog.tsx'
import { without } from '../templates/dialog/without.ts'
import { useGo } from '../templates/go.tsx'
import { SignInFields } from './sign-in-fields.tsx'
import { emptySsh, type SshDraft, type SshProblem, signInProblems } from './ssh.ts'

/** Installs a host again: after a failure, or for the agent of this engine. Its key stays pinned. */
export function InstallHost({ host, onClose }: { host: HostRow; onClose: () => void }) {
  const { t } = useTranslation('hosts')
  const go = useGo()
  // The engine's key was admitted by the first installation that came that far.
  const [before] = useState<SshDraft>({ ...emptySsh, by: host.status === 'install_failed' ? 'password' : 'key' })
  const [draft, setDraft] = useState(before)
  const [problems, setProblems] = useState<Partial<Record<keyof SshDraft, SshProblem>>>({})
  const set = (change: Partial<SshDraft>) => {
    setDraft(now => ({ ...now, ...change }))
    setProblems(now => without(now, change))
  }
  return (
    <FormDialog
      title={t('install.title', { name: host.name })}
      description={t('install.effect')}
      submitLabel={t('install.verb')}
      dirty={draft !== before}
      onClose={onClose}
      submit={async () => {
        const found = signInProblems(draft)
        setProblems(found)
        if (Object.keys(found).length > 0) return false
        await op('host.install', {
          id: host.id,
          activate: draft.activate,
          ssh: { user: draft.user.trim(), ...(draft.by === 'password' ? { password: draft.password } : {}) },
        })
        go(paths.host(host.id), { replace: true })
        return true
      }}
    >
      <SignInFields draft={draft} problems={problems} set={set} />
      <Checkbox
        id="ssh-activate"
        label={t('ssh.activate')}
        isChecked={draft.activate}
        onChange={(_event, activate) => set({ activate })}
      />
    </FormDialog>
  )
}
