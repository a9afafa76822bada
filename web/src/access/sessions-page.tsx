import { Button, Modal, ModalBody, ModalFooter, ModalHeader } from '@patternfly/react-core'
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useAsk, useOp } from '../api/hooks.ts'
import type { NativeQueries } from '../api/native.ts'
import { Ago, Time, useFormat } from '../format/index.ts'
import { Name } from '../templates/name.tsx'
import { Problem } from '../templates/problem.tsx'
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
  const columns = (['user', 'from', 'client', 'since', 'lastUse', 'ends'] as const).map(key => t(`sessions.${key}`))
  return (
    <div className="rk-page">
      <PageTitle title={t('sessions.title')}>
        {t('sessions.title')} <small>{data === undefined ? null : format.count('session', data.length)}</small>
      </PageTitle>
      <p className="rk-sub">{t('sessions.lead')}</p>
      {error === null ? null : <Problem error={error} again={() => void refetch()} />}
      <div className="rk-card rk-sessions">
        <Table variant="compact" aria-label={t('sessions.title')}>
          <Thead>
            <Tr>
              {columns.map(title => (
                <Th key={title}>{title}</Th>
              ))}
              <Th screenReaderText={t('sessions.actions')} />
            </Tr>
          </Thead>
          <Tbody>
            {(data ?? []).map(session => (
              <Tr key={session.id}>
                <Td dataLabel={columns[0] ?? ''}>
                  <Name text={session.principal.replace(/-authz$/, '')} />
                  {session.current ? <span className="rk-chip"> {t('sessions.current')}</span> : null}
                </Td>
                <Td dataLabel={columns[1] ?? ''}>{session.address ?? '–'}</Td>
                <Td dataLabel={columns[2] ?? ''}>
                  <span title={session.client}>
                    <Name text={clientName(session.client) ?? t(`sessions.kind.${kindOf(session.kind)}`)} />
                  </span>
                </Td>
                <Td dataLabel={columns[3] ?? ''}>
                  <Time at={session.createdAt} />
                </Td>
                <Td dataLabel={columns[4] ?? ''}>
                  <Ago at={session.lastUsedAt} />
                </Td>
                <Td dataLabel={columns[5] ?? ''}>
                  <Time at={session.expiresAt} />
                </Td>
                <Td isActionCell>
                  <Button
                    variant="secondary"
                    size="sm"
                    onClick={() => setEnding(session)}
                    aria-label={t('sessions.endOf', { name: session.principal.replace(/-authz$/, '') })}
                  >
                    {t('sessions.end')}
                  </Button>
                </Td>
              </Tr>
            ))}
          </Tbody>
        </Table>
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
