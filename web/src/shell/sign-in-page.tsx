import { useRouter, useSearch } from '@tanstack/react-router'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { useSession } from '../api/session.ts'
import { paths, safeNext } from '../paths.ts'
import { PageTitle } from '../templates/title.tsx'
import { LanguageSwitch } from './language-switch.tsx'
import { Logo } from './logo.tsx'
import { SignInForm } from './sign-in-form.tsx'

/** The page before the console. Leads to `next` when that is a path of ours, else home. */
export function SignInPage() {
  const { t } = useTranslation('shell')
  const { next } = useSearch({ strict: false }) as { next?: string }
  const { phase } = useSession()
  const router = useRouter()
  useEffect(() => {
    if (phase === 'in') void router.navigate({ href: safeNext(next) ?? paths.dashboard(), replace: true })
  }, [phase, next, router])
  return (
    <div className="rk-sign-in">
      <main className="rk-sign-in-card">
        <div className="rk-sign-in-head">
          <span className="rk-brand">
            <Logo />
            {t('product')}
          </span>
          <LanguageSwitch />
        </div>
        <PageTitle title={t('signIn.title')} />
        <p className="rk-sub">{t('signIn.lead')}</p>
        <SignInForm />
      </main>
    </div>
  )
}
