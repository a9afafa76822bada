import { Form, FormGroup, FormSelect, FormSelectOption } from '@patternfly/react-core'
import { useTranslation } from 'react-i18next'
import { useUser } from '../api/session.ts'
import { isLanguage, languages, ownName } from '../i18n/languages.ts'
import { paths } from '../paths.ts'
import { chooseAppearance, densities, singleKeys, themes, useAppearance } from '../shell/appearance.ts'
import { shownPrincipal } from '../shell/principal.ts'
import { Card, Facts } from '../templates/card.tsx'
import { Go } from '../templates/go.tsx'
import { Name } from '../templates/name.tsx'
import { PageTitle } from '../templates/title.tsx'
import './access.css'
import { PasswordForm } from './password-form.tsx'

/** The signed-in user: who he is, how he wants to see the console, his password. */
export function AccountPage() {
  const { t } = useTranslation('access')
  const { t: shell } = useTranslation('shell')
  const user = useUser()
  const look = useAppearance()
  const choices = [
    {
      key: 'language',
      label: shell('language'),
      value: look.language,
      options: languages.map(one => [one, ownName[one]] as const),
      choose: (value: string) => isLanguage(value) && void chooseAppearance({ language: value }),
    },
    {
      key: 'theme',
      label: shell('theme.title'),
      value: look.theme,
      options: themes.map(one => [one, shell(`theme.${one}`)] as const),
      choose: (value: string) => {
        const theme = themes.find(one => one === value)
        if (theme !== undefined) void chooseAppearance({ theme })
      },
    },
    {
      key: 'density',
      label: shell('density.title'),
      value: look.density,
      options: densities.map(one => [one, shell(`density.${one}`)] as const),
      choose: (value: string) => {
        const density = densities.find(one => one === value)
        if (density !== undefined) void chooseAppearance({ density })
      },
    },
    {
      key: 'keys',
      label: shell('singleKeys.title'),
      value: look.singleKeys,
      options: singleKeys.map(one => [one, shell(`singleKeys.${one}`)] as const),
      choose: (value: string) => {
        const next = singleKeys.find(one => one === value)
        if (next !== undefined) void chooseAppearance({ singleKeys: next })
      },
    },
  ]
  return (
    <div className="rk-page">
      <PageTitle title={shell('page.account')} />
      <div className="rk-cards rk-account">
        <Card title={t('account.profile')}>
          <Facts
            facts={[
              [t('account.name'), <Name key="name" text={shownPrincipal(user.principal)} />],
              [t('account.kind'), user.admin ? t('account.admin') : t('account.user')],
              [
                t('account.sessions'),
                <Go key="sessions" to={paths.sessions()}>
                  {t('account.showSessions')}
                </Go>,
              ],
            ]}
          />
        </Card>
        <Card title={t('account.look')}>
          <Form isHorizontal={false}>
            {choices.map(choice => (
              <FormGroup key={choice.key} label={choice.label} fieldId={`account-${choice.key}`}>
                <FormSelect
                  id={`account-${choice.key}`}
                  value={choice.value}
                  onChange={(_event, value) => choice.choose(value)}
                >
                  {choice.options.map(([value, label]) => (
                    <FormSelectOption key={value} value={value} label={label} />
                  ))}
                </FormSelect>
              </FormGroup>
            ))}
          </Form>
        </Card>
        <Card title={t('password.title')}>
          <PasswordForm userId={user.id} userName={shownPrincipal(user.principal)} />
        </Card>
      </div>
    </div>
  )
}
