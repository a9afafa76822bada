import { ExpandableSection } from '@patternfly/react-core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { op } from '../api/client.ts'
import { useAsk } from '../api/hooks.ts'
import { paths } from '../paths.ts'
import { Choice } from '../templates/dialog/choice.tsx'
import { FormDialog } from '../templates/dialog/form-dialog.tsx'
import { without } from '../templates/dialog/without.ts'
import { useGo } from '../templates/go.tsx'
import {
  type ClusterForm,
  type ClusterGroup,
  type ClusterProblems,
  emptyForm,
  fieldsOf,
  groups,
  newOf,
  problemsOf,
} from './cluster-form.ts'
import { ClusterFields } from './fields.tsx'

/** A new cluster: name and CPU at once, everything else in parts that open when they are wanted, or when something in them is wrong. */
export function NewCluster({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(['clusters', 'common'])
  const go = useGo()
  const { data: centers } = useAsk('dataCenter.list', {})
  const [typed, setTyped] = useState<Partial<ClusterForm>>({})
  const [problems, setProblems] = useState<ClusterProblems>({})
  const [open, setOpen] = useState<readonly ClusterGroup[]>([])
  const form: ClusterForm = { ...emptyForm, dataCenterId: centers?.[0]?.id ?? '', ...typed }
  const set = (change: Partial<ClusterForm>) => {
    setTyped(now => ({ ...now, ...change }))
    setProblems(now => without(now, change))
  }
  const fields = (part: ClusterGroup) => <ClusterFields part={part} form={form} problems={problems} set={set} fresh />
  return (
    <FormDialog
      wide
      title={t('clusters:new')}
      submitLabel={t('clusters:create')}
      dirty={Object.keys(typed).length > 0}
      onClose={onClose}
      submit={async () => {
        const found = problemsOf(form, groups)
        setProblems(found)
        const wrong = groups.filter(part => fieldsOf[part].some(field => Object.hasOwn(found, field)))
        if (wrong.length > 0) {
          setOpen(now => [...new Set([...now, ...wrong])])
          return false
        }
        const { id } = await op('cluster.add', newOf(form))
        go(paths.cluster(id), { replace: true })
        return true
      }}
    >
      {fields('general')}
      {centers !== undefined && centers.length > 1 ? (
        <Choice
          id="cluster-center"
          label={t('clusters:column.dataCenter')}
          value={form.dataCenterId}
          onChange={dataCenterId => set({ dataCenterId })}
          options={centers.map(({ id, name }) => ({ value: id, label: name }))}
        />
      ) : null}
      {fields('cpu')}
      {groups
        .filter(part => part !== 'general' && part !== 'cpu')
        .map(part => (
          <ExpandableSection
            key={part}
            toggleText={t(`clusters:part.${part}`)}
            isExpanded={open.includes(part)}
            onToggle={(_event, next) => setOpen(now => (next ? [...now, part] : now.filter(one => one !== part)))}
          >
            <div className="rk-form-part">{fields(part)}</div>
          </ExpandableSection>
        ))}
    </FormDialog>
  )
}
