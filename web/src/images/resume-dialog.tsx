import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { DiskRow, TransferRow } from '../api/rows.ts'
import { useFormat } from '../format/index.ts'
import { FormDialog } from '../templates/dialog/form-dialog.tsx'
import { FilePicker } from './file-picker.tsx'
import './images.css'
import { resumeWith } from './manager.ts'
import { isImage, useChosen } from './use-chosen.ts'

/** Goes on with an upload whose page is gone: the same file is chosen again, and compared with what has come. */
export function ResumeDialog({
  disk,
  transfer,
  onClose,
}: {
  disk: DiskRow
  transfer: TransferRow
  onClose: () => void
}) {
  const { t } = useTranslation('images')
  const { bytes } = useFormat()
  const client = useQueryClient()
  const { chosen, add, drop } = useChosen()
  const [tried, setTried] = useState(false)
  const choice = chosen.at(-1)
  const fits = isImage(choice?.found) && choice.found.capacity === disk.capacity && choice.found.format === disk.format
  const problem =
    choice === undefined
      ? t('resumeDialog.noFile')
      : choice.found !== undefined && !fits
        ? t('resumeDialog.otherFile', { size: bytes(disk.capacity) })
        : undefined
  const submit = async (): Promise<boolean> => {
    setTried(true)
    if (choice === undefined || !isImage(choice.found) || !fits) return false
    resumeWith(client, transfer, choice.file, choice.found)
    onClose()
    return true
  }
  return (
    <FormDialog
      title={t('resumeDialog.title', { name: disk.alias })}
      submitLabel={t('resumeDialog.submit')}
      submit={submit}
      onClose={onClose}
    >
      <p>
        {t('resumeDialog.body', {
          done: bytes(transfer.transferred),
          file: transfer.filename ?? disk.alias,
        })}
      </p>
      <FilePicker
        several={false}
        onFiles={files => {
          for (const { key } of chosen) drop(key)
          add(files)
        }}
      />
      {choice !== undefined && (
        <p>
          <bdi>{choice.file.name}</bdi> · {bytes(choice.file.size)}
        </p>
      )}
      {tried && problem !== undefined && (
        <p className="rk-field-error" role="alert">
          {problem}
        </p>
      )}
    </FormDialog>
  )
}
