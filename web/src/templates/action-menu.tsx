import { Dropdown, DropdownItem, DropdownList, Divider, MenuToggle } from '@patternfly/react-core'
import { useState } from 'react'
import type { ActionItem } from './actions.ts'

/** The items of a menu of actions: what is dangerous below a line; what is impossible with its reason, still reachable. */
function ActionItems({ actions }: { actions: readonly ActionItem[] }) {
  const item = ({ key, label, reason, danger, run }: ActionItem) => (
    <DropdownItem
      key={key}
      isAriaDisabled={reason !== undefined}
      isDanger={danger === true && reason === undefined}
      description={reason}
      onClick={reason === undefined ? run : undefined}
    >
      {label}
    </DropdownItem>
  )
  const last = actions.filter(action => action.danger === true)
  return (
    <DropdownList>
      {actions.filter(action => action.danger !== true).map(item)}
      {last.length > 0 && last.length < actions.length ? <Divider component="li" /> : null}
      {last.map(item)}
    </DropdownList>
  )
}

/** A button that opens a menu of actions; `name` says of what. */
export function ActionMenu({ actions, name }: { actions: readonly ActionItem[]; name: string }) {
  const [open, setOpen] = useState(false)
  return (
    <Dropdown
      isOpen={open}
      onOpenChange={setOpen}
      onSelect={() => setOpen(false)}
      popperProps={{ position: 'right' }}
      toggle={ref => (
        <MenuToggle
          ref={ref}
          variant="plain"
          isExpanded={open}
          onClick={() => setOpen(!open)}
          aria-label={name}
          size="sm"
        >
          <Dots />
        </MenuToggle>
      )}
    >
      <ActionItems actions={actions} />
    </Dropdown>
  )
}

/** Three dots. */
export function Dots() {
  return (
    <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true" fill="currentColor">
      <circle cx="3" cy="8" r="1.500" />
      <circle cx="8" cy="8" r="1.500" />
      <circle cx="13" cy="8" r="1.500" />
    </svg>
  )
}
