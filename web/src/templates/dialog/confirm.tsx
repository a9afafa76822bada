import { Button, FormGroup, Modal, ModalBody, ModalFooter, ModalHeader, TextInput } from '@patternfly/react-core'
import { type FormEvent, type ReactNode, useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type ApiError, toApiError } from '../../api/error.ts'
import { Name } from '../name.tsx'
import { Problem } from '../problem.tsx'

/**
 * The confirm template. `time`: an interruption is lost; Enter confirms. `loss`: data or people's work; a red button with the verb, the
 * focus on Cancel, and where `type` is given that text has to be typed or pasted.
 */
export function Confirm(p: {
  grade: 'time' | 'loss'
  title: string
  verb: string
  /** What happens, in a sentence. */
  effect: ReactNode
  /** What is lost, with sizes and dates. */
  lost?: readonly ReactNode[]
  type?: string | undefined
  /** Choices that go with it. */
  children?: ReactNode
  /** Why it cannot be done any more, when that changes while the dialog is open. */
  reason?: string | undefined
  run: () => Promise<void>
  onClose: () => void
}) {
  const { t } = useTranslation(['common', 'dialog'])
  const [typed, setTyped] = useState('')
  const [wrong, setWrong] = useState(false)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<ApiError>()
  const id = useId()
  const loss = p.grade === 'loss'

  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (busy || p.reason !== undefined) return
    if (p.type !== undefined && typed.trim() !== p.type.trim()) {
      setWrong(true)
      document.getElementById(`${id}-type`)?.focus()
      return
    }
    setBusy(true)
    setError(undefined)
    try {
      await p.run()
    } catch (failure) {
      setError(toApiError(failure))
    } finally {
      setBusy(false)
    }
  }

  return (
    <Modal
      isOpen
      variant="small"
      onClose={p.onClose}
      aria-labelledby={`${id}-title`}
      aria-describedby={`${id}-effect`}
      className="rk-modal"
      elementToFocus={loss ? `[id="${id}-cancel"]` : `[id="${id}-go"]`}
    >
      <ModalHeader
        title={<bdi>{p.title}</bdi>}
        labelId={`${id}-title`}
        titleIconVariant={loss ? 'danger' : undefined}
      />
      <ModalBody>
        <form id={`${id}-form`} onSubmit={event => void submit(event)} noValidate className="rk-confirm">
          <div id={`${id}-effect`}>
            <p>{p.effect}</p>
            {p.lost === undefined || p.lost.length === 0 ? null : (
              <>
                <p className="rk-h3">{t('dialog:lost')}</p>
                <ul className="rk-lost">
                  {p.lost.map((line, index) => (
                    // Lines have no identity of their own and do not move.
                    // oxlint-disable-next-line react/no-array-index-key
                    <li key={index}>{line}</li>
                  ))}
                </ul>
              </>
            )}
          </div>
          {p.children}
          {p.type === undefined ? null : (
            <FormGroup
              fieldId={`${id}-type`}
              label={
                <>
                  {t('dialog:type')} <Name text={p.type} />
                </>
              }
            >
              <TextInput
                id={`${id}-type`}
                value={typed}
                onChange={(_event, value) => {
                  setTyped(value)
                  setWrong(false)
                }}
                validated={wrong ? 'error' : 'default'}
                aria-describedby={`${id}-wrong`}
                autoComplete="off"
                spellCheck={false}
              />
              <p id={`${id}-wrong`} className="rk-field-error" role="alert">
                {wrong ? t('dialog:wrong') : null}
              </p>
            </FormGroup>
          )}
        </form>
      </ModalBody>
      <ModalFooter className="rk-modal-foot">
        {error === undefined ? null : <Problem error={error} title={t('common:error.refused')} />}
        {p.reason === undefined ? null : <p role="alert">{p.reason}</p>}
        <div className="rk-bar">
          <Button
            id={`${id}-go`}
            variant={loss ? 'danger' : 'primary'}
            type="submit"
            form={`${id}-form`}
            isLoading={busy}
            isAriaDisabled={busy || p.reason !== undefined}
          >
            {p.verb}
          </Button>
          <Button id={`${id}-cancel`} variant={loss ? 'secondary' : 'link'} onClick={p.onClose}>
            {t('common:cancel')}
          </Button>
        </div>
      </ModalFooter>
    </Modal>
  )
}
