import { lazy, Suspense } from 'react'
import { useTranslation } from 'react-i18next'
import { op } from '../api/client.ts'
import { useAsk } from '../api/hooks.ts'
import { Confirm } from '../templates/dialog/confirm.tsx'
import { useDialog } from '../templates/use-dialog.ts'

// The form comes with the first one that somebody opens.
const PolicyDialog = lazy(() => import('./policy-dialog.tsx').then(m => ({ default: m.PolicyDialog })))

/** The dialogs of scheduling policies that stand in the address. */
export function PolicyDialogs() {
  const { t } = useTranslation('policies')
  const { dialog, ids, close } = useDialog()
  const { data } = useAsk('schedulingPolicy.list', {})
  const policy = data?.find(one => one.id === ids[0])
  return (
    <Suspense>
      {dialog === 'policy-new' ? <PolicyDialog mode="new" onClose={close} /> : null}
      {policy !== undefined && (dialog === 'policy-edit' || dialog === 'policy-view') ? (
        <PolicyDialog mode={policy.locked ? 'view' : 'edit'} policy={policy} onClose={close} />
      ) : null}
      {policy !== undefined && dialog === 'policy-copy' ? (
        <PolicyDialog mode="new" policy={policy} onClose={close} />
      ) : null}
      {policy !== undefined && dialog === 'policy-remove' ? (
        <Confirm
          grade="loss"
          title={t('removeTitle', { name: policy.name })}
          verb={t('action.removeVerb')}
          effect={t('removeEffect')}
          run={async () => {
            await op('schedulingPolicy.remove', { id: policy.id })
            close()
          }}
          onClose={close}
        />
      ) : null}
    </Suspense>
  )
}
