import { Checkbox } from '@patternfly/react-core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { op, planOf } from '../api/client.ts'
import type { VmRow } from '../api/rows.ts'
import { useFormat } from '../format/index.ts'
import { parseSize, sizeText } from '../format/size-input.ts'
import { TextField } from '../templates/dialog/field.tsx'
import { FormDialog } from '../templates/dialog/form-dialog.tsx'
import { type FieldProblem, memoryProblem, nameProblem } from './new-vm.ts'

/** Changes name, description, memory and protection. What was seen goes along: somebody else's change in between is refused, not lost. */
export function EditVmDialog({ vm, onClose }: { vm: VmRow; onClose: () => void }) {
  const { t } = useTranslation(['vms', 'common'])
  const { number } = useFormat()
  const [seen] = useState(vm)
  const config = seen.nextRun ?? seen.config
  const before = {
    name: seen.name,
    description: seen.description,
    comment: seen.comment,
    memory: sizeText(config.memory),
    deleteProtected: config.deleteProtected,
  }
  const [form, setForm] = useState(before)
  const [problems, setProblems] = useState<{ name?: FieldProblem | undefined; memory?: FieldProblem | undefined }>({})
  const size = parseSize(form.memory)
  const input = () => ({
    id: seen.id,
    version: seen.version,
    name: form.name,
    description: form.description,
    comment: form.comment,
    config: { ...(size.ok ? { memory: size.bytes } : {}), deleteProtected: form.deleteProtected },
  })
  const submit = async () => {
    const found = { name: nameProblem(form.name), memory: memoryProblem(form.memory) }
    setProblems(found)
    if (found.name !== undefined || found.memory !== undefined) return false
    await op('vm.update', input())
    onClose()
    return true
  }
  return (
    <FormDialog
      title={t('vms:editOf', { name: seen.name })}
      submitLabel={t('common:save')}
      dirty={JSON.stringify(form) !== JSON.stringify(before)}
      submit={submit}
      plan={() => planOf('vm.update', input())}
      onClose={onClose}
    >
      {vm.version === seen.version ? null : <p role="alert">{t('vms:changedMeanwhile')}</p>}
      <TextField
        id="edit-name"
        label={t('common:name')}
        value={form.name}
        onChange={name => setForm({ ...form, name })}
        error={problems.name === undefined ? undefined : t(`vms:problem.${problems.name}`)}
        required
      />
      <TextField
        id="edit-description"
        label={t('common:description')}
        value={form.description}
        onChange={description => setForm({ ...form, description })}
      />
      <TextField
        id="edit-comment"
        label={t('common:comment')}
        value={form.comment}
        onChange={comment => setForm({ ...form, comment })}
      />
      <TextField
        id="edit-memory"
        label={t('vms:column.memory')}
        value={form.memory}
        onChange={memory => setForm({ ...form, memory })}
        error={problems.memory === undefined ? undefined : t(`vms:problem.${problems.memory}`)}
        hint={
          vm.runId === null
            ? size.ok
              ? t('vms:bytes', { n: number(size.bytes) })
              : undefined
            : t('vms:hint.memoryRunning')
        }
        required
      />
      <Checkbox
        id="edit-protected"
        label={t('vms:protection')}
        isChecked={form.deleteProtected}
        onChange={(_event, deleteProtected) => setForm({ ...form, deleteProtected })}
      />
    </FormDialog>
  )
}
