import { FormGroup, FormSelect, FormSelectOption } from '@patternfly/react-core'
import type { ReactNode } from 'react'
import { cut } from '../cut.ts'
import { Hint } from './field.tsx'

/** One thing that can be chosen; a reason says why not now. */
export interface Option {
  value: string
  label: string
  reason?: string | undefined
}

/** A choice of one. Impossible ones are shown with their reason. */
export function Choice(p: {
  id: string
  label: string
  value: string
  options: readonly Option[]
  onChange: (value: string) => void
  error?: string | undefined
  hint?: ReactNode
  required?: boolean
}) {
  return (
    <FormGroup label={p.label} fieldId={p.id} isRequired={p.required === true}>
      <FormSelect
        id={p.id}
        value={p.value}
        onChange={(_event, value) => p.onChange(value)}
        validated={p.error === undefined ? 'default' : 'error'}
        aria-describedby={`${p.id}-help`}
        aria-invalid={p.error !== undefined}
      >
        {p.options.map(({ value, label, reason }) => (
          <FormSelectOption
            key={value}
            value={value}
            label={reason === undefined ? cut(label, 80) : `${cut(label, 60)} (${reason})`}
            isDisabled={reason !== undefined}
          />
        ))}
      </FormSelect>
      <Hint id={`${p.id}-help`} error={p.error} hint={p.hint} />
    </FormGroup>
  )
}
