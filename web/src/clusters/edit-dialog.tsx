import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { op } from '../api/client.ts'
import type { ClusterRow } from '../api/rows.ts'
import { FormDialog } from '../templates/dialog/form-dialog.tsx'
import { without } from '../templates/dialog/without.ts'
import {
  changeOf,
  type ClusterForm,
  type ClusterGroup,
  type ClusterProblems,
  formOf,
  problemsOf,
} from './cluster-form.ts'
import { ClusterFields } from './fields.tsx'

/** Changes one part of what is said of a cluster. */
export function EditCluster({
  cluster,
  part,
  onClose,
}: {
  cluster: ClusterRow
  part: ClusterGroup
  onClose: () => void
}) {
  const { t } = useTranslation(['clusters', 'common'])
  const [seen] = useState(cluster)
  const [before] = useState(() => formOf(cluster))
  const [form, setForm] = useState<ClusterForm>(before)
  const [problems, setProblems] = useState<ClusterProblems>({})
  return (
    <FormDialog
      title={t('clusters:editOf', { part: t(`clusters:part.${part}`), name: seen.name })}
      submitLabel={t('common:save')}
      dirty={JSON.stringify(form) !== JSON.stringify(before)}
      onClose={onClose}
      submit={async () => {
        const found = problemsOf(form, [part])
        setProblems(found)
        if (Object.keys(found).length > 0) return false
        await op('cluster.update', changeOf(seen, form, part))
        onClose()
        return true
      }}
    >
      {cluster.version === seen.version ? null : <p role="alert">{t('clusters:changedMeanwhile')}</p>}
      <ClusterFields
        part={part}
        clusterId={seen.id}
        form={form}
        problems={problems}
        set={change => {
          setForm(now => ({ ...now, ...change }))
          setProblems(now => without(now, change))
        }}
      />
    </FormDialog>
  )
}
