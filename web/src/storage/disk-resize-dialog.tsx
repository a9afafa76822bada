import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { op, planOf } from '../api/client.ts'
import type { DiskRow } from '../api/rows.ts'
import { sizeText, useFormat } from '../format/index.ts'
import { TextField } from '../templates/dialog/field.tsx'
import { FormDialog } from '../templates/dialog/form-dialog.tsx'
import { grownSize } from './new-disk.ts'

/** Makes a disk larger, while its VM runs too. */
export function ResizeDisk({ disk, onClose }: { disk: DiskRow; onClose: () => void }) {
  const { t } = useTranslation(['storage', 'common'])
  const format = useFormat()
  const [now] = useState(disk.capacity)
  const [size, setSize] = useState(() => sizeText(disk.capacity))
  const [tried, setTried] = useState(false)
  const next = grownSize(size, now)
  const input = { id: disk.id, capacity: next.bytes }
  return (
    <FormDialog
      title={t('resize.title', { name: disk.alias })}
      submitLabel={t('resize.verb')}
      dirty={size !== sizeText(now)}
      onClose={onClose}
      plan={() => planOf('disk.update', input)}
      submit={async () => {
        setTried(true)
        if (next.problem !== undefined) return false
        await op('disk.update', input)
        onClose()
        return true
      }}
    >
      <p>{t('resize.effect', { size: format.bytes(now) })}</p>
      <TextField
        id="disk-size"
        label={t('resize.field')}
        value={size}
        onChange={setSize}
        error={tried && next.problem !== undefined ? t(`problem.${next.problem}`) : undefined}
        hint={next.problem === undefined ? t('bytes', { n: format.number(next.bytes) }) : t('hint.size')}
        required
        autoFocus
      />
    </FormDialog>
  )
}
