import { FormGroup, FormHelperText, HelperText, HelperTextItem, TextInput } from '@patternfly/react-core'
import type { ReactNode } from 'react'

/** What stands below a field: the error when there is one, else the hint. */
export function Hint({ id, error, hint }: { id: string; error?: string | undefined; hint?: ReactNode }) {
  if (error === undefined && hint === undefined) return null
  return (
    <FormHelperText>
      <HelperText id={id}>
        <HelperTextItem variant={error === undefined ? 'default' : 'error'}>{error ?? hint}</HelperTextItem>
      </HelperText>
    </FormHelperText>
  )
}

/** A field of one line with its label, its hint and its error. */
export function TextField(p: {
  id: string
  label: string
  value: string
  onChange: (value: string) => void
  error?: string | undefined
  hint?: ReactNode
  required?: boolean
  autoFocus?: boolean
  maxLength?: number
  type?: 'text' | 'password' | 'number'
  autoComplete?: string
  placeholder?: string
}) {
  return (
    <FormGroup label={p.label} fieldId={p.id} isRequired={p.required === true}>
      <TextInput
        id={p.id}
        type={p.type ?? 'text'}
        value={p.value}
        onChange={(_event, value) => p.onChange(value)}
        validated={p.error === undefined ? 'default' : 'error'}
        aria-describedby={`${p.id}-help`}
        isRequired={p.required === true}
        autoFocus={p.autoFocus === true}
        maxLength={p.maxLength ?? 4000}
        autoComplete={p.autoComplete ?? 'off'}
        placeholder={p.placeholder}
        spellCheck={false}
      />
      <Hint id={`${p.id}-help`} error={p.error} hint={p.hint} />
    </FormGroup>
  )
}
