import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useFormat } from '../format/use-format.ts'
import { StatusIcon } from './icon.tsx'
import { roleOf, type StatusKind, statuses, vmStatusOf } from './look.ts'

/** The word of a status, in the language of the page: for menus, filters, chips and sentences. */
export function useStatusWord(): (kind: StatusKind, status: string) => string {
  const { t } = useTranslation('status')
  // The table and the words have the same keys (roles.test.ts); a status of a newer engine is shown as it is.
  return (kind, status) =>
    Object.hasOwn(statuses[kind], status) ? t(`${kind}.${status}` as 'vm.up') : status.slice(0, 40)
}

/**
 * A status as every page shows it: shape, colour and word, then the percentage when it is known, then what else is to be said (a
 * reason, a host).
 */
export function Status(p: {
  kind: StatusKind
  status: string
  /** 0 to 1. */
  progress?: number | null | undefined
  children?: ReactNode
}) {
  const word = useStatusWord()
  const { percent } = useFormat()
  const role = roleOf(p.kind, p.status)
  return (
    <span className="rk-status" data-role={role} data-status={p.status}>
      <StatusIcon role={role} />
      <span className="rk-status-word">
        {word(p.kind, p.status)}
        {typeof p.progress === 'number' && <span className="rk-status-progress"> {percent(p.progress)}</span>}
        {p.children !== undefined && <span className="rk-status-more"> {p.children}</span>}
      </span>
    </span>
  )
}

/** The status of a VM, with why it paused when that was a fault. */
export function VmStatusLabel(p: {
  vm: Parameters<typeof vmStatusOf>[0]
  progress?: number | null | undefined
  children?: ReactNode
}) {
  const { t } = useTranslation('status')
  const status = vmStatusOf(p.vm)
  const why = p.vm.pauseReason ?? ''
  const known = ['no_space', 'io_error', 'watchdog', 'crashed'] as const
  const reason = status === 'paused_error' ? known.find(word => word === why) : undefined
  return (
    <Status kind="vm" status={status} progress={p.progress}>
      {reason === undefined ? p.children : t(`pause.${reason}`)}
    </Status>
  )
}
