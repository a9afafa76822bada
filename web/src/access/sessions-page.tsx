import { Button, Modal, ModalBody, ModalFooter, ModalHeader } from '@patternfly/react-core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useAsk, useOp } from '../api/hooks.ts'
import type { NativeQueries } from '../api/native.ts'
import { Ago, Time, useFormat } from '../format/index.ts'
import { Name } from '../templates/name.tsx'
import { Problem } from '../templates/problem.tsx'
import { SmallTable } from '../templates/table.tsx'
import { PageTitle } from '../templates/title.tsx'
import { clientName } from './client-name.ts'
import '../templates/card.css'
import './access.css'

type Session = NativeQueries['session.list']['output'][number]

/** Who is signed in, from where, since when; a session can be ended, and with it its streams and consoles. */
export function SessionsPage() {
  const { t } = useTranslation('access')
  const format = useFormat()
  const { data, error, refetch } = useAsk('session.list', {})
  const [ending, setEnding] = useState<Session>()
  return (
    <div className="rk-page">
      <PageTitle title={t('sessions.title')}>
        {t('sessions.title')} <small>{data === undefined ? null : format.count('session', data.length)}</small>
      </PageTitle>
      <p className="rk-sub">{t('sessions.lead')}</p>
      {error === null ? null : <Problem error={error} again={() => void refetch()} />}
      <div className="rk-card rk-sessions">
        <SmallTable
          label={t('sessions.title')}
          rows={data ?? []}
          keyOf={session => session.id}
          empty={null}
          columns={[
            {
              title: t('sessions.user'),
              cell: session => (
                <>
                  <Name text={session.principal.replace(/-authz$/, '')} />
                  {session.current ? <span className="rk-chip"> {t('sessions.current')}</span> : null}
                </>
              ),
            },
            { title: t('sessions.from'), cell: session => session.address ?? '–' },
            {
              title: t('sessions.client'),
              cell: session => (
                <span title={session.client}>
                  <Name text={clientName(session.client) ?? t(`sessions.kind.${kindOf(session.kind)}`)} />
                </span>
              ),
            },
            { title: t('sessions.since'), cell: session => <Time at={session.createdAt} /> },
            { title: t('sessions.lastUse'), cell: session => <Ago at={session.lastUsedAt} /> },
            { title: t('sessions.ends'), cell: session => <Time at={session.expiresAt} /> },
            {
              title: t('sessions.actions'),
              cell: session => (
                <Button
                  variant="secondary"
                  size="sm"
                  onClick={() => setEnding(session)}
                  aria-label={t('sessions.endOf', { name: session.principal.replace(/-authz$/, '') })}
                >
                  {t('sessions.end')}
                </Button>
              ),
            },
          ]}
        />
      </div>
      {ending === undefined ? null : <EndDialog session={ending} onClose={() => setEnding(undefined)} />}
    </div>
  )
}

const kinds = ['web', 'native', 'sso', 'basic', 'cookie'] as const
const kindOf = (kind: string) => kinds.find(one => one === kind) ?? 'native'

function EndDialog({ session, onClose }: { session: Session; onClose: () => void }) {
  const { t } = useTranslation('access')
  const end = useOp('session.end')
  const name = session.principal.replace(/-authz$/, '')
  return (
    <Modal isOpen variant="small" onClose={onClose} aria-labelledby="end-session-title">
      <ModalHeader title={t('sessions.endTitle', { name })} labelId="end-session-title" />
      <ModalBody>
        <p>{session.current ? t('sessions.endOwn') : t('sessions.endWhat')}</p>
        {end.error === null ? null : <Problem error={end.error} />}
      </ModalBody>
      <ModalFooter>
        <Button
          variant="primary"
          isLoading={end.isPending}
          onClick={() => end.mutate({ id: session.id }, { onSuccess: onClose })}
        >
          {t('sessions.end')}
        </Button>
        <Button variant="link" onClick={onClose}>
          {t('sessions.cancel')}
        </Button>
      </ModalFooter>
    </Modal>
  )
}
