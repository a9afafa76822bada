import { Button } from '@patternfly/react-core'
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'

/** Chooses files: by a button, or by dropping them on it. */
export function FilePicker({ several, onFiles }: { several: boolean; onFiles: (files: File[]) => void }) {
  const { t } = useTranslation('images')
  const input = useRef<HTMLInputElement>(null)
  const [over, setOver] = useState(false)
  return (
    <div
      className="rk-drop"
      data-over={over}
      onDragOver={event => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={event => {
        event.preventDefault()
        setOver(false)
        onFiles([...event.dataTransfer.files].slice(0, several ? undefined : 1))
      }}
    >
      <p>{several ? t('pick.hint') : t('pick.hintOne')}</p>
      <Button variant="secondary" onClick={() => input.current?.click()}>
        {several ? t('pick.files') : t('pick.file')}
      </Button>
      <input
        ref={input}
        type="file"
        hidden
        multiple={several}
        aria-label={several ? t('pick.files') : t('pick.file')}
        onChange={event => {
          onFiles([...(event.target.files ?? [])])
          // The same file can be chosen again.
          event.target.value = ''
        }}
      />
    </div>
  )
}
