import { Button, TextInput } from '@patternfly/react-core'
import { storageDomainCan } from '@rookery/model'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useAsk } from '../api/hooks.ts'
import { useFormat } from '../format/index.ts'
import { paths } from '../paths.ts'
import { useStatusWord } from '../status/index.ts'
import { Choice } from '../templates/dialog/choice.tsx'
import { FormDialog } from '../templates/dialog/form-dialog.tsx'
import { useGo } from '../templates/go.tsx'
import { Name } from '../templates/name.tsx'
import { FilePicker } from './file-picker.tsx'
import './images.css'
import { startUploads } from './manager.ts'
import { type Candidate, isImage, useChosen } from './use-chosen.ts'

/** Chooses images and ISOs to be uploaded. What they are is told by their content; they travel after the dialog is closed. */
export function UploadDialog() {
  const { t } = useTranslation('images')
  const go = useGo()
  const client = useQueryClient()
  const word = useStatusWord()
  const { chosen, add, rename, drop } = useChosen()
  const [asked, setAsked] = useState<string>()
  const [tried, setTried] = useState(false)
  const { data: domains } = useAsk('storageDomain.list', {})
  const data = domains?.filter(domain => domain.type === 'data') ?? []
  const usable = data.filter(domain => storageDomainCan.use.from.includes(domain.status))
  const domainId = asked ?? usable[0]?.id ?? ''
  const close = () => go(paths.images(), { replace: true })

  const problem =
    chosen.length === 0
      ? t('upload.noFile')
      : chosen.some(file => file.found !== undefined && !isImage(file.found))
        ? t('upload.hasRefused')
        : chosen.some(file => file.alias.trim() === '')
          ? t('upload.noName')
          : domainId === ''
            ? t('upload.noDomain')
            : undefined

  const submit = async (): Promise<boolean> => {
    setTried(true)
    if (problem !== undefined || chosen.some(file => file.found === undefined)) return false
    startUploads(
      client,
      chosen.flatMap(({ file, alias, found }) =>
        isImage(found) ? [{ file, alias: alias.trim(), kind: found, storageDomainId: domainId }] : [],
      ),
    )
    close()
    return true
  }

  return (
    <FormDialog
      title={t('upload.title')}
      submitLabel={t('upload.submit')}
      wide
      dirty={chosen.length > 0}
      submit={submit}
      onClose={close}
    >
      <FilePicker several onFiles={add} />
      <ul className="rk-chosen" aria-label={t('upload.chosen')}>
        {chosen.map(file => (
          <ChosenLine key={file.key} file={file} rename={rename} drop={drop} />
        ))}
      </ul>
      <Choice
        id="upload-domain"
        label={t('upload.domain')}
        value={domainId}
        onChange={setAsked}
        options={data.map(domain => ({
          value: domain.id,
          label: domain.name,
          reason: usable.includes(domain) ? undefined : word('storageDomain', domain.status),
        }))}
      />
      {tried && problem !== undefined && (
        <p className="rk-field-error" role="alert">
          {problem}
        </p>
      )}
    </FormDialog>
  )
}

function ChosenLine(p: { file: Candidate; rename: (key: number, alias: string) => void; drop: (key: number) => void }) {
  const { t } = useTranslation('images')
  const { bytes } = useFormat()
  const { file, found, key, alias } = p.file
  return (
    <li>
      <TextInput
        value={alias}
        maxLength={255}
        aria-label={t('upload.nameOf', { file: file.name })}
        validated={alias.trim() === '' ? 'error' : 'default'}
        onChange={(_event, value) => p.rename(key, value)}
      />
      <Button variant="link" onClick={() => p.drop(key)} aria-label={t('upload.dropOf', { file: file.name })}>
        {t('upload.drop')}
      </Button>
      <p className="rk-sub rk-chosen-facts">
        <Name text={file.name} /> · {bytes(file.size)}
        {isImage(found) && ` · ${t(`kind.${found.kind}`)}`}
        {isImage(found) &&
          found.capacity !== file.size &&
          ` · ${t('upload.capacity', { size: bytes(found.capacity) })}`}
        {found === undefined && ` · ${t('upload.looking')}`}
      </p>
      {found !== undefined && !isImage(found) && (
        <p className="rk-field-error" role="alert">
          {found.refused === 'foreign' ? t('refused.foreign', { what: found.what }) : t(`refused.${found.refused}`)}
        </p>
      )}
    </li>
  )
}
