import {
  Alert,
  Button,
  Form,
  FormGroup,
  FormHelperText,
  HelperText,
  HelperTextItem,
  InputGroup,
  InputGroupItem,
  TextInput,
} from '@patternfly/react-core'
import { type FormEvent, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ApiError, toApiError } from '../api/error.ts'
import { signIn } from '../api/session.ts'

/** User name and password. Password managers and pasting work; the password is kept nowhere. */
export function SignInForm({ user: known = '', onDone }: { user?: string; onDone?: () => void }) {
  const { t } = useTranslation('shell')
  const [user, setUser] = useState(known)
  const [password, setPassword] = useState('')
  const [shown, setShown] = useState(false)
  const [missing, setMissing] = useState<'user' | 'password'>()
  const [error, setError] = useState<ApiError>()
  const [busy, setBusy] = useState(false)
  const userField = useRef<HTMLInputElement>(null)
  const passwordField = useRef<HTMLInputElement>(null)

  const submit = async (event: FormEvent) => {
    event.preventDefault()
    setError(undefined)
    const lacks = user.trim() === '' ? 'user' : password === '' ? 'password' : undefined
    setMissing(lacks)
    if (lacks !== undefined) return (lacks === 'user' ? userField : passwordField).current?.focus()
    setBusy(true)
    try {
      await signIn(user.trim(), password)
      onDone?.()
    } catch (failure) {
      setError(toApiError(failure))
      passwordField.current?.focus()
      passwordField.current?.select()
    } finally {
      setBusy(false)
    }
  }

  const helper = (field: 'user' | 'password', id: string) =>
    missing === field ? (
      <FormHelperText>
        <HelperText id={id}>
          <HelperTextItem variant="error">{t(`signIn.${field}Missing`)}</HelperTextItem>
        </HelperText>
      </FormHelperText>
    ) : null

  return (
    <Form onSubmit={event => void submit(event)} noValidate className="rk-sign-in-form">
      {error === undefined ? null : (
        <Alert variant="danger" isInline title={refusal(t, error)} role="alert" component="p" />
      )}
      <FormGroup label={t('signIn.user')} fieldId="sign-in-user" isRequired>
        <TextInput
          ref={userField}
          id="sign-in-user"
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          autoFocus={known === ''}
          isRequired
          value={user}
          onChange={(_event, value) => setUser(value)}
          validated={missing === 'user' ? 'error' : 'default'}
          aria-describedby="sign-in-user-help"
          maxLength={512}
        />
        {helper('user', 'sign-in-user-help')}
      </FormGroup>
      <FormGroup label={t('signIn.password')} fieldId="sign-in-password" isRequired>
        <InputGroup>
          <InputGroupItem isFill>
            <TextInput
              ref={passwordField}
              id="sign-in-password"
              name="password"
              type={shown ? 'text' : 'password'}
              autoComplete="current-password"
              autoFocus={known !== ''}
              isRequired
              value={password}
              onChange={(_event, value) => setPassword(value)}
              validated={missing === 'password' ? 'error' : 'default'}
              aria-describedby="sign-in-password-help"
              maxLength={1024}
            />
          </InputGroupItem>
          <InputGroupItem>
            <Button
              variant="control"
              onClick={() => setShown(!shown)}
              aria-pressed={shown}
              aria-label={t(shown ? 'signIn.hide' : 'signIn.show')}
            >
              <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true" className="rk-icon-line">
                <path d="M1.5 8C3.5 4.8 5.600 3.500 8 3.500S12.500 4.800 14.500 8C12.500 11.200 10.400 12.500 8 12.500S3.500 11.200 1.500 8Z" />
                <circle cx="8" cy="8" r="2.200" />
                {shown ? <path d="M2.500 13.500 13.500 2.500" /> : null}
              </svg>
            </Button>
          </InputGroupItem>
        </InputGroup>
        {helper('password', 'sign-in-password-help')}
      </FormGroup>
      <Button type="submit" variant="primary" isBlock isLoading={busy} isAriaDisabled={busy}>
        {t('signIn.submit')}
      </Button>
    </Form>
  )
}

function refusal(t: ReturnType<typeof useTranslation<'shell'>>['t'], error: ApiError): string {
  if (error.status === 429) return t('signIn.locked')
  if (error.kind === 'unauthenticated') return t('signIn.refused')
  if (error.kind === 'unreachable' || error.kind === 'unavailable') return t('signIn.unreachable')
  return t('signIn.failed', { code: error.code })
}
