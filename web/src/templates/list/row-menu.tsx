import { Divider, Menu, MenuContent, MenuItem, MenuList } from '@patternfly/react-core'
import { useEffect, useLayoutEffect, useRef, useState } from 'react'
import { createPortal } from 'react-dom'
import type { ActionItem } from '../actions.ts'

/**
 * The one menu of actions of a list, opened at the button of a row: a menu for each of 60 rows would cost more than the rows. Closing
 * gives the focus back to where it came from.
 */
export function RowMenu(p: {
  anchor: HTMLElement
  label: string
  actions: readonly ActionItem[]
  onClose: () => void
}) {
  const menu = useRef<HTMLDivElement>(null)
  const [place, setPlace] = useState<{ top: number; right: number }>()
  const { anchor, onClose } = p
  useLayoutEffect(() => {
    const element = menu.current
    if (element === null) return
    // Reasons come and go while it is open, so its height does too.
    const put = () => {
      const box = anchor.getBoundingClientRect()
      const below = box.bottom + 4
      const room = window.innerHeight - element.offsetHeight - 8
      setPlace({ top: Math.max(8, Math.min(below, room)), right: Math.max(8, window.innerWidth - box.right) })
    }
    put()
    const observer = new ResizeObserver(put)
    observer.observe(element)
    return () => observer.disconnect()
  }, [anchor])
  // The focus goes in after the press that opened it is over, and only once: reasons that change do not move it.
  useEffect(() => {
    const frame = requestAnimationFrame(() => {
      menu.current?.querySelector<HTMLElement>('[role="menuitem"]')?.focus()
    })
    return () => cancelAnimationFrame(frame)
  }, [anchor])
  useEffect(() => {
    const outside = (event: MouseEvent) => {
      if (!(event.target instanceof Node) || menu.current?.contains(event.target) === true) return
      if (!anchor.contains(event.target)) onClose()
    }
    document.addEventListener('mousedown', outside)
    return () => document.removeEventListener('mousedown', outside)
  }, [anchor, onClose])
  const close = () => {
    onClose()
    anchor.focus()
  }
  const item = ({ key, label, reason, danger, run }: ActionItem) => (
    <MenuItem
      key={key}
      itemId={key}
      isAriaDisabled={reason !== undefined}
      isDanger={danger === true && reason === undefined}
      description={reason}
      onClick={() => {
        if (reason !== undefined) return
        close()
        run()
      }}
    >
      {label}
    </MenuItem>
  )
  const last = p.actions.filter(action => action.danger === true)
  return createPortal(
    <div
      ref={menu}
      className="rk-row-menu"
      style={place === undefined ? { opacity: 0 } : { top: place.top, insetInlineEnd: place.right }}
      onKeyDown={event => {
        if (event.key !== 'Escape' && event.key !== 'Tab') return
        event.preventDefault()
        event.stopPropagation()
        close()
      }}
    >
      <Menu>
        <MenuContent>
          <MenuList aria-label={p.label}>
            {p.actions.filter(action => action.danger !== true).map(item)}
            {last.length > 0 ? <Divider component="li" /> : null}
            {last.map(item)}
          </MenuList>
        </MenuContent>
      </Menu>
    </div>,
    // Inside the main landmark, where its list is.
    document.getElementById('main') ?? document.body,
  )
}
