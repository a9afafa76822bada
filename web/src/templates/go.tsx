import { useRouter } from '@tanstack/react-router'
import type { AnchorHTMLAttributes, MouseEvent } from 'react'

/** Goes to an address of ours (see `paths.ts`), the way a link does. */
export function useGo(): (to: string, o?: { replace?: boolean }) => void {
  const router = useRouter()
  return (to, o = {}) => void router.navigate({ href: to, replace: o.replace === true })
}

/** A link to an address of ours; another tab, a copied link and a reload work as with any link. */
export function Go({
  to,
  onClick,
  children,
  ...rest
}: { to: string; 'data-label'?: string } & Omit<AnchorHTMLAttributes<HTMLAnchorElement>, 'href'>) {
  const go = useGo()
  const click = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event)
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey
    if (event.defaultPrevented || !plain || rest.target === '_blank') return
    event.preventDefault()
    go(to)
  }
  return (
    <a {...rest} href={to} onClick={click}>
      {children}
    </a>
  )
}
