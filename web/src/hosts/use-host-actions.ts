import { useTranslation } from 'react-i18next'
import { op } from '../api/client.ts'
import { toApiError } from '../api/error.ts'
import type { HostRow } from '../api/rows.ts'
import type { ActionItem } from '../templates/actions.ts'
import { bulkAction, withEach } from '../templates/bulk.ts'
import { useNotes } from '../templates/notes.tsx'
import { useDialog } from '../templates/use-dialog.ts'
import { type HostAction, useHostReason } from './reasons.ts'

/** Actions that are for one host at a time: each opens its dialog. Those that lose something stand last. */
const single = [
  { key: 'install', dialog: 'host-install' },
  { key: 'confirm', dialog: 'host-confirm', danger: true },
  { key: 'restart', dialog: 'host-restart', danger: true },
  { key: 'powerOff', dialog: 'host-off', danger: true },
] as const satisfies readonly { key: HostAction; dialog: string; danger?: true }[]

/** Operations that need nothing but the host. */
const plain = [
  'host.activate',
  'host.refresh',
  'host.upgradeCheck',
  'host.upgrade',
  'host.enrollCertificate',
  'host.forceSelectSpm',
] as const

/** What can be done with one host, or with several at once. */
export function useHostActions(): (hosts: readonly HostRow[]) => readonly ActionItem[] {
  const { t } = useTranslation('hosts')
  const reason = useHostReason()
  const { open } = useDialog()
  const notes = useNotes()
  return hosts => {
    const [only] = hosts
    if (only === undefined) return []
    const many = hosts.length > 1
    const action = (
      key: 'activate' | 'maintenance' | 'refresh' | 'upgradeCheck' | 'upgrade' | 'certificate' | 'remove',
      run: (able: readonly HostRow[]) => void,
      danger = false,
    ) =>
      bulkAction({
        key,
        rows: hosts,
        label: n => (many ? t(`forSome.${key}`, { n }) : t(`action.${key}`)),
        reason: host => reason(key, host),
        noneCan: t('noneCan'),
        danger,
        run,
      })
    const each = (name: (typeof plain)[number]) => (able: readonly HostRow[]) =>
      void withEach(
        able,
        host => op(name, { id: host.id }),
        notes,
        host => t('failed', { name: host.name }),
      )
    const dialogOf = (name: string) => (able: readonly HostRow[]) =>
      open(
        name,
        able.map(host => host.id),
      )
    const powerOn = async () => {
      try {
        await op('host.fence', { id: only.id, how: 'start' })
      } catch (error) {
        notes.failed(t('failed', { name: only.name }), toApiError(error))
      }
    }
    const ofOne = (one: (typeof single)[number]): ActionItem => ({
      key: one.key,
      label: t(`action.${one.key}`),
      reason: reason(one.key, only),
      ...('danger' in one ? { danger: true } : {}),
      run: () => open(one.dialog, [only.id]),
    })
    return [
      action('activate', each('host.activate')),
      action('maintenance', dialogOf('host-maintenance')),
      action('refresh', each('host.refresh')),
      action('upgradeCheck', each('host.upgradeCheck')),
      action('upgrade', each('host.upgrade')),
      action('certificate', each('host.enrollCertificate')),
      ...(many
        ? []
        : [
            {
              key: 'spm',
              label: t('action.spm'),
              reason: reason('spm', only),
              run: () => each('host.forceSelectSpm')([only]),
            },
            { key: 'edit', label: t('action.edit'), run: () => open('host-edit', [only.id]) },
            ...single.filter(one => !('danger' in one)).map(ofOne),
            {
              key: 'powerOn',
              label: t('action.powerOn'),
              reason: reason('powerOn', only),
              run: () => void powerOn(),
            },
            ...single.filter(one => 'danger' in one).map(ofOne),
          ]),
      action('remove', dialogOf('host-remove'), true),
    ]
  }
}
