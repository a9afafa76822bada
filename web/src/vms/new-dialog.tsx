import { Checkbox, FormGroup, Radio } from '@patternfly/react-core'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { op, planOf } from '../api/client.ts'
import { toApiError } from '../api/error.ts'
import { useAsk } from '../api/hooks.ts'
import { useFormat } from '../format/index.ts'
import { parseSize } from '../format/size-input.ts'
import { paths } from '../paths.ts'
import { Choice } from '../templates/dialog/choice.tsx'
import { TextField } from '../templates/dialog/field.tsx'
import { FormDialog } from '../templates/dialog/form-dialog.tsx'
import { Go, useGo } from '../templates/go.tsx'
import { useNotes } from '../templates/notes.tsx'
import { useTextSearch } from '../templates/use-text-search.ts'
import { useMedia } from './media.ts'
import { emptyForm, inputOf, type NewVmForm, type NewVmProblems, problemsOf } from './new-vm.ts'
import { startWhenReady } from './start-when-ready.ts'

/** A new VM in one form. */
export function NewVmDialog() {
  const { t } = useTranslation(['vms', 'common'])
  const { bytes, number } = useFormat()
  const go = useGo()
  const client = useQueryClient()
  const notes = useNotes()
  const { search } = useTextSearch()
  const { data: clusters } = useAsk('cluster.list', {})
  const { data: disks } = useAsk('disk.list', {})
  const { data: domains } = useAsk('storageDomain.list', {})
  const { data: profiles } = useAsk('vnicProfile.list', {})
  const { data: networks } = useAsk('network.list', {})
  const media = useMedia()
  const [typed, setTyped] = useState<Partial<NewVmForm>>({})
  const [problems, setProblems] = useState<NewVmProblems>({})

  const images = (disks ?? []).filter(
    disk => disk.contentType === 'data' && (disk.vmIds.length === 0 || disk.shareable),
  )
  const known: NewVmForm = {
    ...emptyForm,
    clusterId: clusters?.[0]?.id ?? '',
    profileId: profiles?.[0]?.id ?? '',
    source: search['iso'] !== undefined || (disks !== undefined && images.length === 0) ? 'empty' : 'image',
    diskId: search['disk'] ?? images.find(disk => disk.status === 'ok')?.id ?? '',
    iso: search['iso'] ?? '',
    boot: search['iso'] === undefined ? 'disk' : 'cd',
  }
  const form = { ...known, ...typed }
  const set = (change: Partial<NewVmForm>) => {
    setTyped({ ...typed, ...change })
    setProblems(Object.fromEntries(Object.entries(problems).filter(([field]) => !(field in change))))
  }
  const error = (field: keyof NewVmForm) => {
    const problem = problems[field]
    return problem === undefined ? undefined : t(`vms:problem.${problem}`)
  }
  const echo = (text: string) => {
    const size = parseSize(text)
    return size.ok ? t('vms:bytes', { n: number(size.bytes) }) : undefined
  }

  const submit = async () => {
    const found = problemsOf(form)
    setProblems(found)
    if (Object.keys(found).length > 0) return false
    const { id } = await op('vm.add', inputOf(form))
    // The machine exists now; what fails from here on is said beside it, and can be repeated there.
    const follow = async () => {
      if (form.profileId !== '') await op('nic.add', { vmId: id, name: 'nic1', vnicProfileId: form.profileId })
      if (form.iso !== '') await op('cdrom.update', { vmId: id, file: form.iso })
      if (form.start) await startWhenReady(client, id)
    }
    follow().catch((failure: unknown) => notes.failed(t('vms:failed', { name: form.name }), toApiError(failure)))
    go(paths.vm(id), { replace: true })
    return true
  }

  return (
    <FormDialog
      wide
      title={t('vms:new')}
      submitLabel={t('vms:create')}
      dirty={Object.keys(typed).length > 0}
      submit={submit}
      plan={() => planOf('vm.add', inputOf(form))}
      onClose={() => go(paths.vms(), { replace: true })}
    >
      <TextField
        id="vm-name"
        label={t('common:name')}
        value={form.name}
        onChange={name => set({ name })}
        error={error('name')}
        hint={t('vms:hint.name')}
        required
        autoFocus
        maxLength={128}
      />
      <TextField
        id="vm-description"
        label={t('common:description')}
        value={form.description}
        onChange={description => set({ description })}
      />
      {clusters !== undefined && clusters.length > 1 ? (
        <Choice
          id="vm-cluster"
          label={t('vms:column.cluster')}
          value={form.clusterId}
          onChange={clusterId => set({ clusterId })}
          options={clusters.map(({ id, name }) => ({ value: id, label: name }))}
        />
      ) : null}
      <div className="rk-pair">
        <TextField
          id="vm-memory"
          label={t('vms:column.memory')}
          value={form.memory}
          onChange={memory => set({ memory })}
          error={error('memory')}
          hint={echo(form.memory)}
          required
          maxLength={32}
        />
        <TextField
          id="vm-vcpus"
          label={t('vms:vcpus')}
          value={form.vcpus}
          onChange={vcpus => set({ vcpus })}
          error={error('vcpus')}
          required
          maxLength={4}
        />
      </div>
      <FormGroup role="radiogroup" fieldId="vm-source" label={t('vms:disk')} isInline>
        {(['image', 'empty', 'none'] as const).map(source => (
          <Radio
            key={source}
            id={`vm-source-${source}`}
            name="vm-source"
            label={t(`vms:source.${source}`)}
            isChecked={form.source === source}
            onChange={() => set({ source })}
          />
        ))}
      </FormGroup>
      {form.source === 'image' ? (
        <Choice
          id="vm-disk"
          label={t('vms:image')}
          value={form.diskId}
          onChange={diskId => set({ diskId })}
          error={error('diskId')}
          required
          hint={
            disks !== undefined && images.length === 0 ? (
              <>
                {t('vms:hint.noImage')} <Go to={paths.upload()}>{t('vms:upload')}</Go>
              </>
            ) : undefined
          }
          options={[
            ...(form.diskId === '' ? [{ value: '', label: t('vms:choose') }] : []),
            ...images.map(({ id, alias, capacity, status }) => ({
              value: id,
              label: `${alias} · ${bytes(capacity)}`,
              reason: status === 'ok' ? undefined : t('vms:diskBusy'),
            })),
          ]}
        />
      ) : null}
      {form.source === 'empty' ? (
        <div className="rk-pair">
          <TextField
            id="vm-size"
            label={t('common:size')}
            value={form.size}
            onChange={size => set({ size })}
            error={error('size')}
            hint={echo(form.size)}
            required
            maxLength={32}
          />
          <Choice
            id="vm-domain"
            label={t('vms:domain')}
            value={form.storageDomainId}
            onChange={storageDomainId => set({ storageDomainId })}
            options={[
              { value: '', label: t('vms:anyDomain') },
              ...(domains ?? [])
                .filter(domain => domain.type === 'data')
                .map(({ id, name, available, status }) => ({
                  value: id,
                  label: t('vms:domainFree', { name, free: bytes(available) }),
                  reason: status === 'active' ? undefined : t('vms:domainInactive'),
                })),
            ]}
          />
        </div>
      ) : null}
      <div className="rk-pair">
        <Choice
          id="vm-iso"
          label={t('vms:iso')}
          value={form.iso}
          onChange={iso => set({ iso })}
          error={error('iso')}
          options={[
            { value: '', label: t('vms:noCd') },
            ...media.map(({ file, name, size }) => ({ value: file, label: `${name} · ${bytes(size)}` })),
          ]}
        />
        <Choice
          id="vm-boot"
          label={t('vms:bootOrder')}
          value={form.boot}
          onChange={boot => set({ boot: boot as NewVmForm['boot'] })}
          options={(['disk', 'cd', 'network'] as const).map(boot => ({ value: boot, label: t(`vms:boot.${boot}`) }))}
        />
      </div>
      <Choice
        id="vm-network"
        label={t('vms:column.network')}
        value={form.profileId}
        onChange={profileId => set({ profileId })}
        options={[
          ...(profiles ?? []).map(({ id, name, networkId }) => {
            const network = networks?.find(one => one.id === networkId)?.name ?? ''
            return { value: id, label: network === name ? name : `${network} / ${name}` }
          }),
          { value: '', label: t('vms:noNetwork') },
        ]}
      />
      <Checkbox
        id="vm-start"
        label={t('vms:startAfter')}
        description={form.source === 'empty' ? t('vms:hint.startAfter') : undefined}
        isChecked={form.start}
        onChange={(_event, start) => set({ start })}
      />
    </FormDialog>
  )
}
