import {
  ActionGroup,
  Button,
  Form,
  FormGroup,
  FormHelperText,
  HelperText,
  HelperTextItem,
  TextInput,
} from '@patternfly/react-core'
import { type FormEvent, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useOp } from '../api/hooks.ts'
import { Problem } from '../templates/problem.tsx'

const shortest = 8

type Field = 'old' | 'next' | 'again'

/** Changes one's own password. Every session of the user ends with it, this one too: the sign-in opens over the page. */
export function PasswordForm({ userId, userName }: { userId: string; userName: string }) {
  const { t } = useTranslation('access')
  const [values, setValues] = useState<Record<Field, string>>({ old: '', next: '', again: '' })
  const [wrong, setWrong] = useState<{ field: Field; text: string }>()
  const fields = {
    old: useRef<HTMLInputElement>(null),
    next: useRef<HTMLInputElement>(null),
    again: useRef<HTMLInputElement>(null),
  }
  const change = useOp('user.password')

  const complain = (field: Field, text: string) => {
    setWrong({ field, text })
    fields[field].current?.focus()
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setWrong(undefined)
    if (values.old === '') return complain('old', t('password.oldMissing'))
    if (values.next.length < shortest) return complain('next', t('password.tooShort', { n: shortest }))
    if (values.again !== values.next) return complain('again', t('password.different'))
    change.mutate(
      { userId, password: values.next, oldPassword: values.old },
      { onSuccess: () => setValues({ old: '', next: '', again: '' }) },
    )
  }

  return (
    <Form onSubmit={submit} noValidate>
      {/* Password managers find the account by it. */}
      <input type="text" autoComplete="username" value={userName} readOnly hidden />
      {(['old', 'next', 'again'] as const).map(field => (
        <FormGroup key={field} label={t(`password.${field}`)} fieldId={`password-${field}`} isRequired>
          <TextInput
            ref={fields[field]}
            id={`password-${field}`}
            type="password"
            isRequired
            autoComplete={field === 'old' ? 'current-password' : 'new-password'}
            maxLength={1024}
            value={values[field]}
            validated={wrong?.field === field ? 'error' : 'default'}
            aria-describedby={`password-${field}-help`}
            onChange={(_event, value) => setValues(now => ({ ...now, [field]: value }))}
          />
          <FormHelperText>
            <HelperText id={`password-${field}-help`}>
              {wrong?.field === field ? (
                <HelperTextItem variant="error">{wrong.text}</HelperTextItem>
              ) : field === 'next' ? (
                <HelperTextItem>{t('password.rule', { n: shortest })}</HelperTextItem>
              ) : null}
            </HelperText>
          </FormHelperText>
        </FormGroup>
      ))}
      {change.error === null ? null : <Problem error={change.error} title={t('password.refused')} />}
      <p className="rk-sub">{t('password.effect')}</p>
      <ActionGroup>
        <Button type="submit" variant="primary" isLoading={change.isPending}>
          {t('password.submit')}
        </Button>
      </ActionGroup>
    </Form>
  )
}
