import { Button } from '@patternfly/react-core'
import { useTranslation } from 'react-i18next'
import { op } from '../api/client.ts'
import { toApiError } from '../api/error.ts'
import { useAsk } from '../api/hooks.ts'
import type { FenceAgentRow, HostRow } from '../api/rows.ts'
import { useFormat } from '../format/index.ts'
import { ActionButton } from '../templates/action-button.tsx'
import { ActionMenu } from '../templates/action-menu.tsx'
import { Card, Facts } from '../templates/card.tsx'
import { Name } from '../templates/name.tsx'
import { useNotes } from '../templates/notes.tsx'
import { SmallTable } from '../templates/table.tsx'
import { useDialog } from '../templates/use-dialog.ts'
import { useHostReason } from './reasons.ts'

/** Power management of a host: whether its power may be switched, and the devices that do it, in the order in which they are asked. */
export function PowerCard({ host }: { host: HostRow }) {
  const { t } = useTranslation(['hosts', 'common'])
  const format = useFormat()
  const { open } = useDialog()
  const notes = useNotes()
  const reason = useHostReason()
  const { data: agents } = useAsk('fenceAgent.list', { hostIds: [host.id] })
  const { powerManagement: power } = host
  const yes = (value: boolean) => t(value ? 'common:yes' : 'common:no')
  const check = async () => {
    try {
      await op('host.fence', { id: host.id, how: 'status' })
      notes.done(t('hosts:power.asked', { name: host.name }))
    } catch (error) {
      notes.failed(t('hosts:failed', { name: host.name }), toApiError(error))
    }
  }
  const remove = async (agent: FenceAgentRow) => {
    try {
      await op('fenceAgent.remove', { id: agent.id })
    } catch (error) {
      notes.failed(t('hosts:failed', { name: host.name }), toApiError(error))
    }
  }
  const add = { key: 'add', label: t('hosts:agent.new'), run: () => open('host-agent', [host.id]) }
  return (
    <Card
      wide
      title={t('hosts:power.card')}
      more={
        <Button
          variant="link"
          isInline
          size="sm"
          aria-label={t('hosts:power.edit')}
          onClick={() => open('host-power', [host.id])}
        >
          {t('common:edit')}
        </Button>
      }
    >
      <Facts
        facts={[
          [t('hosts:power.enabled'), yes(power.enabled)],
          [t('hosts:power.automatic'), power.enabled ? yes(power.automatic) : undefined],
          [t('hosts:power.kdump'), power.enabled ? yes(power.kdumpDetection) : undefined],
        ]}
      />
      {agents === undefined ? null : (
        <SmallTable<FenceAgentRow>
          label={t('hosts:agent.title')}
          rows={agents}
          keyOf={agent => agent.id}
          empty={
            <>
              <p className="rk-prose">{t('hosts:agent.none')}</p>
              <ActionButton action={add} variant="primary" />
            </>
          }
          columns={[
            { title: t('hosts:agent.position'), right: true, cell: agent => format.number(agent.position) },
            { title: t('hosts:agent.type'), cell: agent => <bdi>{agent.type}</bdi> },
            {
              title: t('hosts:fact.address'),
              cell: agent => (
                <Name text={agent.port === null ? agent.address : `${agent.address}:${agent.port}`} most={48} />
              ),
            },
            { title: t('hosts:agent.user'), cell: agent => <Name text={agent.username} most={32} /> },
            { title: t('hosts:agent.concurrent'), cell: agent => yes(agent.concurrent) },
            {
              title: t('common:actions'),
              right: true,
              cell: agent => (
                <ActionMenu
                  name={t('common:actionsOf', { name: `${agent.type} ${agent.address}` })}
                  actions={[
                    {
                      key: 'edit',
                      label: t('hosts:action.edit'),
                      run: () => open('host-agent', [host.id, agent.id]),
                    },
                    { key: 'remove', label: t('common:remove'), danger: true, run: () => void remove(agent) },
                  ]}
                />
              ),
            },
          ]}
        />
      )}
      {agents === undefined || agents.length === 0 ? null : (
        <div className="rk-bar rk-gap">
          <ActionButton action={add} />
          <ActionButton
            action={{
              key: 'check',
              label: t('hosts:power.check'),
              reason: reason('power', host),
              run: () => void check(),
            }}
          />
        </div>
      )}
    </Card>
  )
}
