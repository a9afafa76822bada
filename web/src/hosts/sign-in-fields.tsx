import { ClipboardCopy, FormGroup, Radio } from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { TextField } from '../templates/dialog/field.tsx'
import type { SshDraft, SshProblem } from './ssh.ts'

const keyAddress = '/ovirt-engine/services/pki-resource?resource=engine-certificate&format=OPENSSH-PUBKEY'

/** The engine's own public key, as everybody may read it. */
const useEngineKey = (enabled: boolean) =>
  useQuery({
    queryKey: ['engine-key'],
    queryFn: async ({ signal }) => {
      const response = await fetch(keyAddress, { signal })
      return response.ok ? (await response.text()).trim() : undefined
    },
    enabled,
    staleTime: Number.POSITIVE_INFINITY,
  })

/** As whom the engine signs in to a machine: by a password that it forgets, or by its own key, which is shown to be put there. */
export function SignInFields(p: {
  draft: SshDraft
  problems: Partial<Record<keyof SshDraft, SshProblem>>
  set: (change: Partial<SshDraft>) => void
}) {
  const { t } = useTranslation(['hosts', 'common'])
  const { draft, set } = p
  const { data: key } = useEngineKey(draft.by === 'key')
  const problem = (field: keyof SshDraft) => {
    const found = p.problems[field]
    return found === undefined ? undefined : t(`hosts:ssh.problem.${found}`)
  }
  return (
    <>
      <div className="rk-pair">
        <TextField
          id="ssh-user"
          label={t('hosts:ssh.user')}
          value={draft.user}
          onChange={user => set({ user })}
          error={problem('user')}
          hint={t('hosts:ssh.userHint')}
          maxLength={64}
        />
        <FormGroup role="radiogroup" fieldId="ssh-by" label={t('hosts:ssh.by')} isInline>
          {(['password', 'key'] as const).map(by => (
            <Radio
              key={by}
              id={`ssh-by-${by}`}
              name="ssh-by"
              label={t(`hosts:ssh.ways.${by}`)}
              isChecked={draft.by === by}
              onChange={() => set({ by })}
            />
          ))}
        </FormGroup>
      </div>
      {draft.by === 'password' ? (
        <TextField
          id="ssh-password"
          type="password"
          label={t('hosts:ssh.password')}
          value={draft.password}
          onChange={password => set({ password })}
          error={problem('password')}
          hint={t('hosts:ssh.passwordHint')}
          maxLength={1024}
          autoComplete="new-password"
        />
      ) : (
        <section aria-label={t('hosts:ssh.key')}>
          <p>{t('hosts:ssh.keyHint', { user: draft.user })}</p>
          <ClipboardCopy
            isReadOnly
            isCode
            hoverTip={t('common:copy')}
            clickTip={t('common:copied')}
            textAriaLabel={t('hosts:ssh.key')}
            copyAriaLabel={t('common:copy')}
          >
            {key ?? '…'}
          </ClipboardCopy>
        </section>
      )}
    </>
  )
}
