import { Checkbox, TextInput } from '@patternfly/react-core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { op } from '../api/client.ts'
import { useAsk } from '../api/hooks.ts'
import type { PolicyRow, PolicyUnit } from '../api/rows.ts'
import { Choice } from '../templates/dialog/choice.tsx'
import { TextField } from '../templates/dialog/field.tsx'
import { FormDialog } from '../templates/dialog/form-dialog.tsx'
import { without } from '../templates/dialog/without.ts'
import {
  emptyPolicy,
  formOfPolicy,
  noBalance,
  partsOfPolicy,
  type PolicyForm,
  problemsOfPolicy,
} from './policy-form.ts'
import { builtIn, usePolicyText } from './policy-text.ts'
import { propertiesOfUnits } from './properties.ts'
import { PropertyFields } from './property-fields.tsx'
import './policies.css'

/**
 * A scheduling policy of units: filters that leave hosts out, weights that say which of the others is best, and a way to balance. `new`
 * with a policy makes a copy; `view` shows one of the product, which nobody changes.
 */
export function PolicyDialog(p: { mode: 'new' | 'edit' | 'view'; policy?: PolicyRow; onClose: () => void }) {
  const { t } = useTranslation(['policies', 'common'])
  const policyText = usePolicyText()
  const [seen] = useState(p.policy)
  const { data: units } = useAsk('schedulingPolicy.units', {})
  const [before] = useState<PolicyForm>(() =>
    seen === undefined
      ? emptyPolicy
      : {
          ...formOfPolicy(seen),
          ...(p.mode === 'new' ? { name: t('policies:copyOf', { name: seen.name }) } : {}),
          description: policyText(seen),
        },
  )
  const [form, setForm] = useState(before)
  const [problems, setProblems] = useState<ReturnType<typeof problemsOfPolicy>>({ factors: [] })
  const set = (change: Partial<PolicyForm>) => {
    setForm(now => ({ ...now, ...change }))
    setProblems(now => without(now, change))
  }
  const fixed = p.mode === 'view'
  const of = (type: PolicyUnit['type']) => (units ?? []).filter(unit => unit.type === type)
  const unitText = useUnitText()
  const submit = async () => {
    if (fixed) return p.onClose()
    const found = problemsOfPolicy(form)
    setProblems(found)
    if (found.name !== undefined || found.factors.length > 0) return false
    const parts = partsOfPolicy(form, seen?.filters)
    if (p.mode === 'new') await op('schedulingPolicy.add', parts)
    else if (seen !== undefined) await op('schedulingPolicy.update', { id: seen.id, version: seen.version, ...parts })
    p.onClose()
    return true
  }
  const chosen = [...form.filters, ...Object.keys(form.weights), form.balanceId]
  return (
    <FormDialog
      wide
      title={
        p.mode === 'new'
          ? t('policies:new')
          : t(fixed ? 'policies:viewOf' : 'policies:editOf', { name: seen?.name ?? '' })
      }
      {...(fixed && seen !== undefined && Object.hasOwn(builtIn, seen.id) ? { description: t('policies:locked') } : {})}
      submitLabel={fixed ? t('common:close') : p.mode === 'new' ? t('policies:create') : t('common:save')}
      dirty={!fixed && JSON.stringify(form) !== JSON.stringify(before)}
      submit={submit}
      onClose={p.onClose}
    >
      {fixed ? (
        <p>{form.description}</p>
      ) : (
        <>
          <TextField
            id="policy-name"
            label={t('common:name')}
            value={form.name}
            onChange={name => set({ name })}
            error={problems.name === undefined ? undefined : t(`policies:problem.${problems.name}`)}
            maxLength={128}
            required
            autoFocus
          />
          <TextField
            id="policy-description"
            label={t('common:description')}
            value={form.description}
            onChange={description => set({ description })}
          />
        </>
      )}
      <fieldset className="rk-units">
        <legend>{t('policies:filters')}</legend>
        <p className="rk-sub">{t('policies:filtersHint')}</p>
        {of('filter').map(unit => (
          <Checkbox
            key={unit.id}
            id={`filter-${unit.id}`}
            label={<bdi>{unit.name}</bdi>}
            description={unitText(unit)}
            isDisabled={fixed}
            isChecked={form.filters.includes(unit.id)}
            onChange={(_event, on) =>
              set({ filters: on ? [...form.filters, unit.id] : form.filters.filter(id => id !== unit.id) })
            }
          />
        ))}
      </fieldset>
      <fieldset className="rk-units">
        <legend>{t('policies:weights')}</legend>
        <p className="rk-sub">{t('policies:weightsHint')}</p>
        {of('weight').map(unit => {
          const factor = form.weights[unit.id]
          return (
            <div key={unit.id} className="rk-weight">
              <Checkbox
                id={`weight-${unit.id}`}
                label={<bdi>{unit.name}</bdi>}
                description={unitText(unit)}
                isDisabled={fixed}
                isChecked={factor !== undefined}
                onChange={(_event, on) => {
                  const { [unit.id]: _, ...others } = form.weights
                  set({ weights: on ? { ...others, [unit.id]: '1' } : others })
                }}
              />
              {factor === undefined ? null : (
                <TextInput
                  value={factor}
                  aria-label={t('policies:factorOf', { name: unit.name })}
                  validated={problems.factors.includes(unit.id) ? 'error' : 'default'}
                  aria-invalid={problems.factors.includes(unit.id)}
                  isDisabled={fixed}
                  maxLength={4}
                  onChange={(_event, value) => set({ weights: { ...form.weights, [unit.id]: value } })}
                />
              )}
            </div>
          )
        })}
        {problems.factors.length === 0 ? null : (
          <p className="rk-field-error" role="alert">
            {t('policies:problem.factor')}
          </p>
        )}
      </fieldset>
      {fixed ? (
        <p>
          {t('policies:balance')}:{' '}
          {of('load_balancing').map(unit => (unit.id === form.balanceId ? unitText(unit) : null))}
        </p>
      ) : (
        <Choice
          id="policy-balance"
          label={t('policies:balance')}
          value={form.balanceId}
          onChange={balanceId => set({ balanceId })}
          options={of('load_balancing').map(unit => ({ value: unit.id, label: unitText(unit) }))}
          hint={form.balanceId === noBalance ? undefined : t('policies:balanceHint')}
        />
      )}
      {fixed ? (
        <ul className="rk-plain-list">
          {Object.entries(form.properties).map(([name, value]) => (
            <li key={name}>
              <code>
                {name} = {value}
              </code>
            </li>
          ))}
        </ul>
      ) : (
        <PropertyFields
          id="policy-property"
          names={propertiesOfUnits(chosen, units ?? [])}
          values={form.properties}
          otherwise={{}}
          onChange={properties => set({ properties })}
        />
      )}
    </FormDialog>
  )
}

/** What a unit does; of one that this release does not know, the engine's own English sentence. */
function useUnitText(): (unit: PolicyUnit) => string {
  const { i18n } = useTranslation('policies')
  return unit => {
    // Ids are the engine's words, not the type system's.
    const key = `unit.${unit.type}_${unit.id}`
    return i18n.exists(key, { ns: 'policies' })
      ? (i18n.t as unknown as (key: string, o: object) => string)(key, { ns: 'policies' })
      : unit.description
  }
}
