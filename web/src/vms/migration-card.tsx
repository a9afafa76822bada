import { Button, Progress, ProgressSize } from '@patternfly/react-core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { op } from '../api/client.ts'
import { toApiError } from '../api/error.ts'
import { useAsk } from '../api/hooks.ts'
import type { VmRow } from '../api/rows.ts'
import { useFormat } from '../format/index.ts'
import { Card } from '../templates/card.tsx'
import { useNotes } from '../templates/notes.tsx'

/** How far the migration of a machine is, and the button that ends it. */
export function MigrationCard({ vm }: { vm: VmRow }) {
  const { t } = useTranslation('vms')
  const { bytes, byteRate } = useFormat()
  const notes = useNotes()
  const [asked, setAsked] = useState(false)
  const ends = [vm.hostId, vm.targetHostId].filter(id => id !== null)
  const { data: hosts } = useAsk('host.list', { ids: ends })
  const name = (id: string | null) => hosts?.find(host => host.id === id)?.name ?? '…'
  const { migration } = vm
  const percent =
    migration === null || migration.total === 0
      ? 0
      : Math.floor((100 * (migration.total - migration.remaining)) / migration.total)
  const stop = async () => {
    setAsked(true)
    try {
      await op('vm.cancel_migration', { id: vm.id })
    } catch (error) {
      setAsked(false)
      notes.failed(t('failed', { name: vm.name }), toApiError(error))
    }
  }
  return (
    <Card title={t('card.migration')}>
      <Progress
        value={percent}
        size={ProgressSize.sm}
        title={t('migration.way', { from: name(vm.hostId), to: name(vm.targetHostId) })}
      />
      <p className="rk-sub">
        {migration === null
          ? t('migration.begins')
          : migration.postCopy
            ? t('migration.postCopy', { left: bytes(migration.remaining) })
            : t('migration.numbers', {
                left: bytes(migration.remaining),
                rate: byteRate(migration.rate),
                pause: migration.downtimeLimit,
              })}
      </p>
      <Button variant="secondary" size="sm" isDisabled={asked} onClick={() => void stop()}>
        {t('action.stop-migration')}
      </Button>
    </Card>
  )
}
