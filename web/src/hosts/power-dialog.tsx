import { Checkbox } from '@patternfly/react-core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { op } from '../api/client.ts'
import type { HostRow } from '../api/rows.ts'
import { FormDialog } from '../templates/dialog/form-dialog.tsx'

/** Whether the power of a host may be switched, and by whom. */
export function EditPower({ host, onClose }: { host: HostRow; onClose: () => void }) {
  const { t } = useTranslation(['hosts', 'common'])
  const [first] = useState(host)
  const [draft, setDraft] = useState(first.powerManagement)
  const set = (part: Partial<typeof draft>) => setDraft(now => ({ ...now, ...part }))
  return (
    <FormDialog
      title={t('hosts:power.title', { name: first.name })}
      submitLabel={t('common:save')}
      dirty={JSON.stringify(draft) !== JSON.stringify(first.powerManagement)}
      onClose={onClose}
      submit={async () => {
        await op('host.update', { id: first.id, version: first.version, powerManagement: draft })
        onClose()
      }}
    >
      <Checkbox
        id="power-enabled"
        label={t('hosts:power.enabled')}
        description={t('hosts:power.enabledHint')}
        isChecked={draft.enabled}
        onChange={(_event, enabled) => set({ enabled })}
      />
      <Checkbox
        id="power-automatic"
        label={t('hosts:power.automatic')}
        description={t('hosts:power.automaticHint')}
        isChecked={draft.automatic}
        isDisabled={!draft.enabled}
        onChange={(_event, automatic) => set({ automatic })}
      />
      <Checkbox
        id="power-kdump"
        label={t('hosts:power.kdump')}
        isChecked={draft.kdumpDetection}
        isDisabled={!draft.enabled}
        onChange={(_event, kdumpDetection) => set({ kdumpDetection })}
      />
    </FormDialog>
  )
}
