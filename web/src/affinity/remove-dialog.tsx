import { useTranslation } from 'react-i18next'
import { op } from '../api/client.ts'
import { Confirm } from '../templates/dialog/confirm.tsx'

/** Removes a group or a label; what it held together stays where it runs. */
export function RemoveAffinity(p: { kind: 'group' | 'label'; it: { id: string; name: string }; onClose: () => void }) {
  const { t } = useTranslation('affinity')
  return (
    <Confirm
      grade="loss"
      title={t(`${p.kind}.removeTitle`, { name: p.it.name })}
      verb={t('action.removeVerb')}
      effect={t(`${p.kind}.removeEffect`)}
      run={async () => {
        await op(p.kind === 'group' ? 'affinityGroup.remove' : 'affinityLabel.remove', { id: p.it.id })
        p.onClose()
      }}
      onClose={p.onClose}
    />
  )
}
