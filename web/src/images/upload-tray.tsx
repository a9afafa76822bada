import { Button } from '@patternfly/react-core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useFormat } from '../format/index.ts'
import './images.css'
import { useUploads } from './manager.ts'
import { UploadLine } from './upload-line.tsx'

/** The uploads of this page, in a corner of every page. */
export function UploadTray() {
  const { t } = useTranslation('images')
  const { count } = useFormat()
  const uploads = useUploads()
  const [open, setOpen] = useState(true)
  if (uploads.length === 0) return null
  return (
    <section className="rk-upload-tray" aria-label={t('tray')}>
      <header>
        <h2>{t('trayTitle', { files: count('file', uploads.length) })}</h2>
        <Button variant="link" isInline size="sm" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? t('trayHide') : t('trayShow')}
        </Button>
      </header>
      {open && <UploadList />}
    </section>
  )
}

/** The uploads of this page, for the tray and for the task drawer. */
export function UploadList() {
  const uploads = useUploads()
  return (
    <ul className="rk-uploads">
      {uploads.map((upload, index) => (
        // Two files may have one name; uploads only ever come at the end.
        // oxlint-disable-next-line react/no-array-index-key
        <UploadLine key={`${index} ${upload.name}`} upload={upload} />
      ))}
    </ul>
  )
}
