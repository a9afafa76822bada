import { Dropdown, DropdownGroup, DropdownItem, DropdownList, Divider, MenuToggle } from '@patternfly/react-core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { signOut, useUser } from '../api/session.ts'
import { paths } from '../paths.ts'
import { useGo } from '../templates/go.tsx'
import { Name } from '../templates/name.tsx'
import { shownPrincipal } from './principal.ts'
import { chooseAppearance, themes, useAppearance } from './appearance.ts'

/** The menu of the signed-in user: account, theme, sign out. */
export function UserMenu() {
  const { t } = useTranslation('shell')
  const [open, setOpen] = useState(false)
  const go = useGo()
  const user = useUser()
  const { theme } = useAppearance()
  const name = shownPrincipal(user.principal)
  return (
    <Dropdown
      isOpen={open}
      onOpenChange={setOpen}
      onSelect={() => setOpen(false)}
      popperProps={{ position: 'right' }}
      toggle={ref => (
        <MenuToggle
          ref={ref}
          variant="plainText"
          isExpanded={open}
          onClick={() => setOpen(!open)}
          aria-label={t('user', { name })}
        >
          <Name text={name} most={24} />
        </MenuToggle>
      )}
    >
      <DropdownList>
        <DropdownItem onClick={() => go(paths.account())}>{t('page.account')}</DropdownItem>
      </DropdownList>
      <Divider />
      <DropdownGroup label={t('theme.title')}>
        <DropdownList>
          {themes.map(one => (
            <DropdownItem key={one} isSelected={one === theme} onClick={() => void chooseAppearance({ theme: one })}>
              {t(`theme.${one}`)}
            </DropdownItem>
          ))}
        </DropdownList>
      </DropdownGroup>
      <Divider />
      <DropdownList>
        <DropdownItem onClick={() => void signOut()}>{t('signOut')}</DropdownItem>
      </DropdownList>
    </Dropdown>
  )
}
