import { Button, FormGroup, TextInput } from '@patternfly/react-core'
import { useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Name } from '../name.tsx'
import { Hint } from './field.tsx'

/** Something that can be chosen, by the name that people know it by. */
export interface Pick {
  id: string
  name: string
}

/**
 * A choice of several out of very many: what is typed finds some, each is taken by a button, and those that were taken stand above with
 * a button that lets them go.
 */
export function Picker(p: {
  label: string
  /** Ids that are chosen. */
  value: readonly string[]
  /** By a hook: the first of those whose name holds the text. */
  useFound: (text: string) => readonly Pick[]
  /** By a hook: the names of those that are chosen. */
  useNames: (ids: readonly string[]) => ReadonlyMap<string, string>
  onChange: (value: readonly string[]) => void
  hint?: string
}) {
  const { t } = useTranslation('dialog')
  const [text, setText] = useState('')
  const [asked, setAsked] = useState(false)
  const found = p.useFound(text).filter(one => !p.value.includes(one.id))
  const names = p.useNames(p.value)
  const id = useId()
  return (
    <FormGroup label={p.label} fieldId={id} className="rk-picker">
      {p.value.length === 0 ? null : (
        <ul className="rk-picked" aria-label={t('picked', { what: p.label })}>
          {p.value.map(one => (
            <li key={one}>
              <Name text={names.get(one) ?? '…'} most={40} />
              <Button
                variant="plain"
                size="sm"
                aria-label={t('letGo', { name: names.get(one) ?? '' })}
                onClick={() => p.onChange(p.value.filter(other => other !== one))}
              >
                <span aria-hidden="true">×</span>
              </Button>
            </li>
          ))}
        </ul>
      )}
      <TextInput
        id={id}
        value={text}
        onFocus={() => setAsked(true)}
        onChange={(_event, value) => setText(value)}
        aria-describedby={`${id}-help`}
        placeholder={t('findByName')}
        autoComplete="off"
        spellCheck={false}
        onKeyDown={event => {
          // Enter takes the first one that was found; it would send the form.
          if (event.key !== 'Enter' || event.ctrlKey || event.metaKey) return
          event.preventDefault()
          const [first] = found
          if (text.trim() === '' || first === undefined) return
          p.onChange([...p.value, first.id])
          setText('')
        }}
      />
      <Hint id={`${id}-help`} hint={p.hint} />
      {asked ? (
        <ul className="rk-found" aria-label={t('found', { what: p.label })}>
          {found.slice(0, 8).map(one => (
            <li key={one.id}>
              <Button
                variant="link"
                isInline
                size="sm"
                aria-label={t('take', { name: one.name })}
                onClick={() => {
                  p.onChange([...p.value, one.id])
                  setText('')
                }}
              >
                + <Name text={one.name} most={40} />
              </Button>
            </li>
          ))}
          {found.length === 0 ? <li className="rk-sub">{t('foundNone')}</li> : null}
        </ul>
      ) : null}
    </FormGroup>
  )
}
