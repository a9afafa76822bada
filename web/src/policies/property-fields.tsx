import { useTranslation } from 'react-i18next'
import { Choice } from '../templates/dialog/choice.tsx'
import { TextField } from '../templates/dialog/field.tsx'
import type { PropertyName } from './properties.ts'

/** Fields for properties of scheduling policies. What is left empty is as said elsewhere (`otherwise`), or as the engine does by itself. */
export function PropertyFields(p: {
  id: string
  names: readonly PropertyName[]
  values: Readonly<Record<string, string>>
  otherwise: Readonly<Partial<Record<string, string>>>
  onChange: (values: Readonly<Record<string, string>>) => void
}) {
  const { t } = useTranslation(['policies', 'common'])
  if (p.names.length === 0) return null
  return (
    <div className="rk-pair">
      {p.names.map(name => {
        const value = p.values[name] ?? ''
        const set = (next: string) => p.onChange({ ...p.values, [name]: next })
        const usual = p.otherwise[name]
        const hint = usual === undefined ? t(`policies:hint.${name}`) : t('policies:usual', { value: usual })
        return name === 'EnableAutomaticHostPowerManagement' ? (
          <Choice
            key={name}
            id={`${p.id}-${name}`}
            label={t(`policies:property.${name}`)}
            value={value}
            onChange={set}
            hint={hint}
            options={[
              { value: '', label: t('policies:unsaid') },
              { value: 'true', label: t('common:yes') },
              { value: 'false', label: t('common:no') },
            ]}
          />
        ) : (
          <TextField
            key={name}
            id={`${p.id}-${name}`}
            label={t(`policies:property.${name}`)}
            value={value}
            onChange={set}
            hint={hint}
            maxLength={12}
          />
        )
      })}
    </div>
  )
}
