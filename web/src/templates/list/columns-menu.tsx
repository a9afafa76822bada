import { MenuToggle, Select, SelectList, SelectOption } from '@patternfly/react-core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

/** Chooses which columns are shown; the first one, the name, always is. */
export function ColumnsMenu(p: {
  columns: readonly { key: string; title: string }[]
  shown: ReadonlySet<string>
  onChange: (shown: readonly string[]) => void
}) {
  const { t } = useTranslation('list')
  const [open, setOpen] = useState(false)
  const toggle = (key: string) =>
    p.onChange(p.columns.map(c => c.key).filter(other => (other === key ? !p.shown.has(key) : p.shown.has(other))))
  return (
    <Select
      role="menu"
      isOpen={open}
      onOpenChange={setOpen}
      onSelect={(_event, key) => toggle(String(key))}
      popperProps={{ position: 'right' }}
      toggle={ref => (
        <MenuToggle ref={ref} isExpanded={open} onClick={() => setOpen(!open)} size="sm">
          {t('columns')}
        </MenuToggle>
      )}
    >
      <SelectList>
        {p.columns.map(({ key, title }, index) => (
          <SelectOption key={key} value={key} hasCheckbox isSelected={p.shown.has(key)} isDisabled={index === 0}>
            {title}
          </SelectOption>
        ))}
      </SelectList>
    </Select>
  )
}
