import { Checkbox, FormGroup, TextArea } from '@patternfly/react-core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { op } from '../api/client.ts'
import type { FenceAgentRow } from '../api/rows.ts'
import { Hint, TextField } from '../templates/dialog/field.tsx'
import { FormDialog } from '../templates/dialog/form-dialog.tsx'
import { without } from '../templates/dialog/without.ts'
import { type AgentDraft, type AgentProblem, agentProblems, draftOf, emptyAgent, partsOfAgent } from './fence-agent.ts'

/** A device that can switch the power of a host: a new one, or what is said of one that is there. */
export function AgentDialog(p: { hostId: string; hostName: string; agent?: FenceAgentRow; onClose: () => void }) {
  const { t } = useTranslation(['hosts', 'common'])
  const [seen] = useState(p.agent)
  const [before] = useState<AgentDraft>(() => (seen === undefined ? emptyAgent : draftOf(seen)))
  const [draft, setDraft] = useState(before)
  const [problems, setProblems] = useState<Partial<Record<keyof AgentDraft, AgentProblem>>>({})
  const set = (change: Partial<AgentDraft>) => {
    setDraft(now => ({ ...now, ...change }))
    setProblems(now => without(now, change))
  }
  const problem = (field: keyof AgentDraft) => {
    const found = problems[field]
    return found === undefined ? undefined : t(`hosts:agent.problem.${found}`)
  }
  return (
    <FormDialog
      title={t(seen === undefined ? 'hosts:agent.newOf' : 'hosts:agent.editOf', { name: p.hostName })}
      description={t('hosts:agent.lead')}
      submitLabel={t(seen === undefined ? 'common:add' : 'common:save')}
      dirty={JSON.stringify(draft) !== JSON.stringify(before)}
      onClose={p.onClose}
      submit={async () => {
        const found = agentProblems(draft)
        setProblems(found)
        if (Object.keys(found).length > 0) return false
        if (seen === undefined) await op('fenceAgent.add', { hostId: p.hostId, ...partsOfAgent(draft) })
        else await op('fenceAgent.update', { id: seen.id, version: seen.version, ...partsOfAgent(draft) })
        p.onClose()
        return true
      }}
    >
      <div className="rk-pair">
        <TextField
          id="agent-type"
          label={t('hosts:agent.type')}
          value={draft.type}
          onChange={type => set({ type })}
          error={problem('type')}
          hint={t('hosts:agent.typeHint')}
          required
          autoFocus
        />
        <TextField
          id="agent-address"
          label={t('hosts:fact.address')}
          value={draft.address}
          onChange={address => set({ address })}
          error={problem('address')}
          maxLength={255}
          required
        />
        <TextField
          id="agent-user"
          label={t('hosts:agent.user')}
          value={draft.username}
          onChange={username => set({ username })}
          maxLength={255}
        />
        <TextField
          id="agent-password"
          type="password"
          label={t('hosts:agent.password')}
          value={draft.password}
          onChange={password => set({ password })}
          hint={seen === undefined ? undefined : t('hosts:agent.passwordHint')}
          maxLength={255}
          autoComplete="new-password"
        />
        <TextField
          id="agent-port"
          label={t('hosts:agent.port')}
          value={draft.port}
          onChange={port => set({ port })}
          error={problem('port')}
          hint={t('hosts:agent.portHint')}
          maxLength={8}
        />
        <TextField
          id="agent-position"
          label={t('hosts:agent.position')}
          value={draft.position}
          onChange={position => set({ position })}
          error={problem('position')}
          hint={t('hosts:agent.positionHint')}
          maxLength={4}
        />
      </div>
      <FormGroup label={t('hosts:agent.options')} fieldId="agent-options">
        <TextArea
          id="agent-options"
          value={draft.options}
          onChange={(_event, options) => set({ options })}
          validated={problems.options === undefined ? 'default' : 'error'}
          aria-invalid={problems.options !== undefined}
          aria-describedby="agent-options-help"
          rows={3}
          spellCheck={false}
        />
        <Hint id="agent-options-help" error={problem('options')} hint={t('hosts:agent.optionsHint')} />
      </FormGroup>
      <Checkbox
        id="agent-concurrent"
        label={t('hosts:agent.concurrent')}
        description={t('hosts:agent.concurrentHint')}
        isChecked={draft.concurrent}
        onChange={(_event, concurrent) => set({ concurrent })}
      />
      <Checkbox
        id="agent-encrypt"
        label={t('hosts:agent.encrypt')}
        isChecked={draft.encryptOptions}
        onChange={(_event, encryptOptions) => set({ encryptOptions })}
      />
    </FormDialog>
  )
}
