import { Button, ExpandableSection, Form, Modal, ModalBody, ModalFooter, ModalHeader } from '@patternfly/react-core'
import { type FormEvent, type ReactNode, useId, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Plan } from '../../api/client.ts'
import { type ApiError, toApiError } from '../../api/error.ts'
import { Problem } from '../problem.tsx'

/**
 * The dialog template. The button is always enabled: `submit` answers with what is missing and puts the focus there (false), or does
 * it. Ctrl+Enter submits; closing asks only when something was typed.
 */
export function FormDialog(p: {
  title: string
  description?: string
  submitLabel: string
  /** What the other button says when closing takes nothing back; else Cancel. */
  closeLabel?: string
  danger?: boolean
  wide?: boolean
  /** Whether something was typed that closing would lose. */
  dirty?: boolean
  /** Returns false when something is missing; throws what the engine refused. */
  submit: () => Promise<boolean | void>
  onClose: () => void
  /** What would happen, asked when the user opens it. */
  plan?: () => Promise<Plan>
  children: ReactNode
}) {
  const { t } = useTranslation(['common', 'dialog'])
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<ApiError>()
  const [asking, setAsking] = useState(false)
  const form = useRef<HTMLFormElement>(null)
  const titleId = useId()

  const submit = async (event?: FormEvent) => {
    event?.preventDefault()
    if (busy) return
    setBusy(true)
    setError(undefined)
    try {
      if ((await p.submit()) === false)
        requestAnimationFrame(() => form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus())
    } catch (failure) {
      setError(toApiError(failure))
    } finally {
      setBusy(false)
    }
  }
  const close = () => (p.dirty === true && !asking ? setAsking(true) : p.onClose())

  return (
    <Modal
      isOpen
      variant={p.wide === true ? 'medium' : 'small'}
      onClose={close}
      aria-labelledby={titleId}
      className="rk-modal"
      onKeyDown={event => {
        if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
        event.preventDefault()
        void submit()
      }}
    >
      <ModalHeader title={<bdi>{p.title}</bdi>} labelId={titleId} description={p.description} />
      <ModalBody>
        <Form ref={form} id={`${titleId}-form`} noValidate onSubmit={event => void submit(event)}>
          {p.children}
          {p.plan === undefined ? null : <PlanView plan={p.plan} />}
        </Form>
      </ModalBody>
      <ModalFooter className="rk-modal-foot">
        {error === undefined ? null : <Problem error={error} title={t('common:error.refused')} />}
        {asking ? (
          <div className="rk-bar" role="alert">
            <span>{t('dialog:lose')}</span>
            <Button variant="danger" size="sm" onClick={p.onClose}>
              {t('dialog:discard')}
            </Button>
            <Button variant="secondary" size="sm" onClick={() => setAsking(false)}>
              {t('dialog:keep')}
            </Button>
          </div>
        ) : (
          <div className="rk-bar">
            <Button
              variant={p.danger === true ? 'danger' : 'primary'}
              type="submit"
              form={`${titleId}-form`}
              isLoading={busy}
              isAriaDisabled={busy}
            >
              {p.submitLabel}
            </Button>
            <Button variant="link" onClick={close}>
              {p.closeLabel ?? t('common:cancel')}
            </Button>
          </div>
        )}
      </ModalFooter>
    </Modal>
  )
}

/** "What will happen": a dry run of the operation, asked when it is opened. */
function PlanView({ plan }: { plan: () => Promise<Plan> }) {
  const { t } = useTranslation(['common', 'dialog'])
  const [open, setOpen] = useState(false)
  const [answer, setAnswer] = useState<{ plan?: Plan; error?: ApiError }>()
  const ask = (next: boolean) => {
    setOpen(next)
    if (!next) return
    setAnswer(undefined)
    plan().then(
      found => setAnswer({ plan: found }),
      (error: unknown) => setAnswer({ error: toApiError(error) }),
    )
  }
  const lines = [
    ...(answer?.plan?.jobs ?? []).map(job => job.description),
    ...(answer?.plan?.events ?? []).map(e => e.message),
  ]
  return (
    <ExpandableSection toggleText={t('common:whatHappens')} isExpanded={open} onToggle={(_event, next) => ask(next)}>
      {answer === undefined ? (
        <p className="rk-sub">{t('common:waiting')}</p>
      ) : answer.error === undefined ? (
        <ul className="rk-plan" lang="en">
          {lines.length === 0 ? <li>{t('common:planEmpty')}</li> : null}
          {lines.map(line => (
            <li key={line}>
              <bdi>{line}</bdi>
            </li>
          ))}
        </ul>
      ) : (
        <Problem error={answer.error} title={t('common:error.refused')} />
      )}
    </ExpandableSection>
  )
}
