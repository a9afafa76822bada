import { useTranslation } from 'react-i18next'
import { op } from '../api/client.ts'
import { toApiError } from '../api/error.ts'
import { useAsk } from '../api/hooks.ts'
import type { NicRow, VmRow } from '../api/rows.ts'
import { Missing } from '../format/index.ts'
import { ActionMenu } from '../templates/action-menu.tsx'
import { Card } from '../templates/card.tsx'
import { Name } from '../templates/name.tsx'
import { useNotes } from '../templates/notes.tsx'
import { SmallTable } from '../templates/table.tsx'

/** The network interfaces of a VM, with the addresses that its guest told of. */
export function VmNetwork({ vm }: { vm: VmRow }) {
  const { t } = useTranslation(['vms', 'common'])
  const notes = useNotes()
  const { data: nics } = useAsk('nic.list', { vmIds: [vm.id] })
  const { data: reported } = useAsk('vm.reportedDevices', { vmIds: [vm.id] })
  const { data: networks } = useAsk('network.list', {})
  const { data: profiles } = useAsk('vnicProfile.list', {})
  const change = (nic: NicRow, input: { linked?: boolean; plugged?: boolean }) => {
    op('nic.update', { vmId: vm.id, id: nic.id, ...input }).catch((error: unknown) =>
      notes.failed(t('vms:failed', { name: nic.name }), toApiError(error)),
    )
  }
  return (
    <Card title={t('vms:tab.network')}>
      <SmallTable
        label={t('vms:tab.network')}
        rows={nics ?? []}
        keyOf={nic => nic.id}
        empty={<p>{t('vms:noNics')}</p>}
        columns={[
          { title: t('common:name'), cell: nic => <Name text={nic.name} /> },
          {
            title: t('vms:column.network'),
            cell: nic => {
              const network = networks?.find(one => one.id === nic.networkId)?.name
              const profile = profiles?.find(one => one.id === nic.vnicProfileId)?.name
              return network === undefined ? (
                t('vms:noNetwork')
              ) : (
                <Name text={profile === undefined || profile === network ? network : `${network} / ${profile}`} />
              )
            },
          },
          { title: t('vms:mac'), cell: nic => <code>{nic.mac}</code> },
          {
            title: t('vms:column.address'),
            cell: nic => {
              const addresses = reported?.find(device => device.nicId === nic.id)?.addresses ?? []
              return addresses.length === 0 ? (
                <Missing why={t(vm.runId === null ? 'vms:notRunning' : 'vms:noAgent')} />
              ) : (
                addresses.join(', ')
              )
            },
          },
          { title: t('vms:bus'), cell: nic => nic.interface },
          { title: t('vms:link'), cell: nic => t(nic.linked ? 'vms:linkUp' : 'vms:linkDown') },
          { title: t('vms:plug'), cell: nic => t(nic.plugged ? 'vms:plugged' : 'vms:unplugged') },
          {
            title: t('common:actions'),
            cell: nic => (
              <ActionMenu
                name={t('common:actionsOf', { name: nic.name })}
                actions={[
                  {
                    key: 'link',
                    label: t(nic.linked ? 'vms:cutLink' : 'vms:joinLink'),
                    run: () => change(nic, { linked: !nic.linked }),
                  },
                  {
                    key: 'plug',
                    label: t(nic.plugged ? 'vms:doUnplug' : 'vms:doPlug'),
                    run: () => change(nic, { plugged: !nic.plugged }),
                  },
                ]}
              />
            ),
          },
        ]}
      />
    </Card>
  )
}
