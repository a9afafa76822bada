import { Outlet } from '@tanstack/react-router'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { lookAtSession, useSession } from '../api/session.ts'
import { paths } from '../paths.ts'
import { Go } from '../templates/go.tsx'
import { PageTitle } from '../templates/title.tsx'

/** How often an engine that does not answer is asked again before anybody is signed in (ms). */
const againEvery = 3000

/** Above everything: says that the engine is away while nobody knows who is signed in. */
export function Root() {
  const { phase } = useSession()
  return phase === 'unreachable' ? <Unreachable /> : <Outlet />
}

function Unreachable() {
  const { t } = useTranslation('shell')
  useEffect(() => {
    const timer = setInterval(() => void lookAtSession(), againEvery)
    return () => clearInterval(timer)
  }, [])
  return (
    <main className="rk-sign-in">
      <div className="rk-sign-in-card">
        <PageTitle title={t('unreachable.title')} />
        <p>{t('unreachable.body')}</p>
        <button type="button" className="rk-button" onClick={() => void lookAtSession()}>
          {t('unreachable.again')}
        </button>
      </div>
    </main>
  )
}

/** For an address that leads nowhere, and for objects that are gone or not the asker's to see. */
export function NotFound() {
  const { t } = useTranslation('shell')
  return (
    <div className="rk-page rk-center">
      <PageTitle title={t('notFound.title')} />
      <p>{t('notFound.body')}</p>
      <Go to={paths.dashboard()}>{t('notFound.home')}</Go>
    </div>
  )
}

/** A page that threw: the rest of the console stays. */
export function Broken({ reset }: { reset: () => void }) {
  const { t } = useTranslation('shell')
  return (
    <div className="rk-page rk-center" role="alert">
      <PageTitle title={t('broken.title')} />
      <p>{t('broken.body')}</p>
      <button type="button" className="rk-button" onClick={reset}>
        {t('broken.again')}
      </button>
    </div>
  )
}
