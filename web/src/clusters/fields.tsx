import { cpuTypes } from '@rookery/model'
import { Checkbox } from '@patternfly/react-core'
import { useTranslation } from 'react-i18next'
import { useAsk } from '../api/hooks.ts'
import { PropertyFields } from '../policies/property-fields.tsx'
import { usePolicyText } from '../policies/policy-text.ts'
import { propertiesOfPolicy } from '../policies/properties.ts'
import { Choice } from '../templates/dialog/choice.tsx'
import { TextField } from '../templates/dialog/field.tsx'
import type { ClusterForm, ClusterGroup, ClusterProblems } from './cluster-form.ts'
import { migrationPolicies } from './migration-policies.ts'

interface FieldsProps {
  form: ClusterForm
  problems: ClusterProblems
  set: (change: Partial<ClusterForm>) => void
  /** Of a cluster that is there already. */
  clusterId?: string
  /** Of a cluster that is being made. */
  fresh?: boolean
}

/** Compatibility versions that the engine takes. */
const minors = [2, 3, 4, 5, 6, 7, 8]
const biosTypes = ['q35_sea_bios', 'q35_ovmf', 'q35_secure_boot', 'i440fx_sea_bios'] as const

/** The fields of one part of a cluster. */
export function ClusterFields({ part, ...p }: FieldsProps & { part: ClusterGroup }) {
  if (part === 'general') return <General {...p} />
  if (part === 'cpu') return <Cpu {...p} />
  if (part === 'memory') return <Memory {...p} />
  if (part === 'migration') return <Migration {...p} />
  if (part === 'scheduling') return <Scheduling {...p} />
  if (part === 'fencing') return <Fencing {...p} />
  return <More {...p} />
}

/** A checkbox of the form. */
function Check(p: {
  id: string
  label: string
  description?: string
  value: boolean
  disabled?: boolean
  onChange: (value: boolean) => void
}) {
  return (
    <Checkbox
      id={p.id}
      label={p.label}
      description={p.description}
      isChecked={p.value}
      isDisabled={p.disabled === true}
      onChange={(_event, value) => p.onChange(value)}
    />
  )
}

/** The words of what is wrong. */
function useProblem(problems: ClusterProblems) {
  const { t } = useTranslation('clusters')
  return (field: keyof ClusterForm) => {
    const problem = problems[field]
    return problem === undefined ? undefined : t(`problem.${problem}`)
  }
}

function General({ form, set, problems, fresh }: FieldsProps) {
  const { t } = useTranslation(['clusters', 'common'])
  const problem = useProblem(problems)
  return (
    <>
      <TextField
        id="cluster-name"
        label={t('common:name')}
        value={form.name}
        onChange={name => set({ name })}
        error={problem('name')}
        maxLength={80}
        required
        autoFocus
      />
      <TextField
        id="cluster-description"
        label={t('common:description')}
        value={form.description}
        onChange={description => set({ description })}
      />
      {fresh === true ? null : (
        <TextField
          id="cluster-comment"
          label={t('common:comment')}
          value={form.comment}
          onChange={comment => set({ comment })}
        />
      )}
      <div className="rk-pair">
        <Choice
          id="cluster-level"
          label={t('clusters:field.level')}
          value={form.level}
          onChange={level => set({ level })}
          hint={fresh === true ? undefined : t('clusters:hint.level')}
          options={[
            ...(fresh === true ? [{ value: '', label: t('clusters:levelOfCenter') }] : []),
            ...minors.map(minor => ({ value: `4.${minor}`, label: `4.${minor}` })),
          ]}
        />
        <Choice
          id="cluster-bios"
          label={t('clusters:field.bios')}
          value={form.biosType}
          onChange={biosType => set({ biosType })}
          options={biosTypes.map(type => ({ value: type, label: t(`clusters:bios.${type}`) }))}
        />
        <Choice
          id="cluster-switch"
          label={t('clusters:field.switch')}
          value={form.switchType}
          onChange={switchType => set({ switchType })}
          options={(['legacy', 'ovs'] as const).map(type => ({ value: type, label: t(`clusters:switch.${type}`) }))}
        />
        <Choice
          id="cluster-firewall"
          label={t('clusters:field.firewall')}
          value={form.firewallType}
          onChange={firewallType => set({ firewallType })}
          options={['firewalld', 'iptables'].map(type => ({ value: type, label: type }))}
        />
      </div>
      {fresh === true ? null : (
        <>
          <Check
            id="cluster-reason-maintenance"
            label={t('clusters:field.maintenanceReason')}
            value={form.maintenanceReasonRequired}
            onChange={maintenanceReasonRequired => set({ maintenanceReasonRequired })}
          />
          <Check
            id="cluster-reason-stop"
            label={t('clusters:field.stopReason')}
            value={form.optionalReason}
            onChange={optionalReason => set({ optionalReason })}
          />
        </>
      )}
    </>
  )
}

function Cpu({ form, set, clusterId, fresh }: FieldsProps) {
  const { t } = useTranslation('clusters')
  const { data } = useAsk('cluster.cpu', { id: clusterId ?? '' }, { enabled: clusterId !== undefined })
  return (
    <>
      <Choice
        id="cluster-cpu"
        label={t('field.cpuType')}
        value={form.cpuType}
        onChange={cpuType => set({ cpuType })}
        hint={
          fresh === true
            ? t('hint.cpuNew')
            : data === undefined
              ? undefined
              : t('hint.cpu', { common: data.common ?? '–' })
        }
        options={[
          { value: '', label: t('cpuFromHosts') },
          ...cpuTypes.map(({ name }) => ({ value: name, label: name })),
        ]}
      />
      <Check
        id="cluster-threads"
        label={t('field.threadsAsCores')}
        description={t('hint.threadsAsCores')}
        value={form.threadsAsCores}
        onChange={threadsAsCores => set({ threadsAsCores })}
      />
    </>
  )
}

function Memory({ form, set, problems }: FieldsProps) {
  const { t } = useTranslation('clusters')
  const problem = useProblem(problems)
  return (
    <>
      <div className="rk-pair">
        <Choice
          id="cluster-overcommit"
          label={t('field.overcommit')}
          value={form.overcommit}
          onChange={overcommit => set({ overcommit })}
          hint={t('hint.overcommit')}
          options={(['100', '150', '200', 'custom'] as const).map(value => ({
            value,
            label: t(`overcommit.${value}`),
          }))}
        />
        {form.overcommit === 'custom' ? (
          <TextField
            id="cluster-overcommit-percent"
            label={t('field.overcommitPercent')}
            value={form.overcommitPercent}
            onChange={overcommitPercent => set({ overcommitPercent })}
            error={problem('overcommitPercent')}
            maxLength={8}
          />
        ) : null}
      </div>
      <Check
        id="cluster-ballooning"
        label={t('field.ballooning')}
        description={t('hint.ballooning')}
        value={form.ballooning}
        onChange={ballooning => set({ ballooning })}
      />
      <Check
        id="cluster-ksm"
        label={t('field.ksm')}
        description={t('hint.ksm')}
        value={form.ksm}
        onChange={ksm => set({ ksm })}
      />
      <Check
        id="cluster-ksm-nodes"
        label={t('field.ksmNodes')}
        value={form.ksmMergeAcrossNodes}
        disabled={!form.ksm}
        onChange={ksmMergeAcrossNodes => set({ ksmMergeAcrossNodes })}
      />
      <Check
        id="cluster-hugepages"
        label={t('field.hugepages')}
        value={form.transparentHugepages}
        onChange={transparentHugepages => set({ transparentHugepages })}
      />
      <div className="rk-pair">
        <TextField
          id="cluster-threshold"
          label={t('field.threshold')}
          value={form.logThreshold}
          onChange={logThreshold => set({ logThreshold })}
          error={problem('logThreshold')}
          maxLength={12}
        />
        <Choice
          id="cluster-threshold-type"
          label={t('field.thresholdType')}
          value={form.logThresholdType}
          onChange={value => set({ logThresholdType: value as ClusterForm['logThresholdType'] })}
          options={(['percentage', 'absolute_value_in_mb'] as const).map(value => ({
            value,
            label: t(`threshold.${value}`),
          }))}
        />
      </div>
    </>
  )
}

function Migration({ form, set, problems }: FieldsProps) {
  const { t } = useTranslation('clusters')
  const problem = useProblem(problems)
  const policy = Object.entries(migrationPolicies).find(([id]) => id === form.migrationPolicyId)?.[1]
  const three = (['inherit', 'true', 'false'] as const).map(value => ({ value, label: t(`three.${value}`) }))
  return (
    <>
      <Choice
        id="cluster-migration-policy"
        label={t('field.migrationPolicy')}
        value={form.migrationPolicyId}
        onChange={migrationPolicyId => set({ migrationPolicyId })}
        hint={policy === undefined ? undefined : t(`migrationPolicy.${policy}.body`)}
        options={Object.entries(migrationPolicies).map(([value, word]) => ({
          value,
          label: t(`migrationPolicy.${word}.name`),
        }))}
      />
      <div className="rk-pair">
        <Choice
          id="cluster-bandwidth"
          label={t('field.bandwidth')}
          value={form.bandwidth}
          onChange={value => set({ bandwidth: value as ClusterForm['bandwidth'] })}
          options={(['auto', 'hypervisor_default', 'custom'] as const).map(value => ({
            value,
            label: t(`bandwidth.${value}`),
          }))}
        />
        {form.bandwidth === 'custom' ? (
          <TextField
            id="cluster-mbps"
            label={t('field.mbps')}
            value={form.bandwidthMbps}
            onChange={bandwidthMbps => set({ bandwidthMbps })}
            error={problem('bandwidthMbps')}
            maxLength={8}
          />
        ) : null}
        <Choice
          id="cluster-encrypted"
          label={t('field.encrypted')}
          value={form.encrypted}
          onChange={value => set({ encrypted: value as ClusterForm['encrypted'] })}
          options={three}
        />
        <Choice
          id="cluster-converge"
          label={t('field.autoConverge')}
          value={form.autoConverge}
          onChange={value => set({ autoConverge: value as ClusterForm['autoConverge'] })}
          options={three}
        />
        <Choice
          id="cluster-compressed"
          label={t('field.compressed')}
          value={form.compressed}
          onChange={value => set({ compressed: value as ClusterForm['compressed'] })}
          options={three}
        />
      </div>
      <Choice
        id="cluster-on-error"
        label={t('field.onError')}
        value={form.onError}
        onChange={value => set({ onError: value as ClusterForm['onError'] })}
        hint={t('hint.onError')}
        options={(['migrate', 'migrate_highly_available', 'do_not_migrate'] as const).map(value => ({
          value,
          label: t(`onError.${value}`),
        }))}
      />
      <Check
        id="cluster-tunnel"
        label={t('field.tunnel')}
        value={form.tunnelMigration}
        onChange={tunnelMigration => set({ tunnelMigration })}
      />
    </>
  )
}

function Scheduling({ form, set, problems }: FieldsProps) {
  const { t } = useTranslation('clusters')
  const problem = useProblem(problems)
  const { data: policies } = useAsk('schedulingPolicy.list', {})
  const { data: units } = useAsk('schedulingPolicy.units', {})
  const policyText = usePolicyText()
  const policy = policies?.find(one => one.id === form.schedulingPolicyId)
  return (
    <>
      <Choice
        id="cluster-policy"
        label={t('field.policy')}
        value={form.schedulingPolicyId}
        onChange={schedulingPolicyId => set({ schedulingPolicyId, properties: {} })}
        hint={policy === undefined ? undefined : policyText(policy)}
        options={(policies ?? []).map(({ id, name }) => ({ value: id, label: name }))}
      />
      <PropertyFields
        id="cluster-property"
        names={policy === undefined ? [] : propertiesOfPolicy(policy, units ?? [])}
        values={form.properties}
        otherwise={policy?.properties ?? {}}
        onChange={properties => set({ properties })}
      />
      <TextField
        id="cluster-max-vms"
        label={t('field.maxVms')}
        value={form.maxVms}
        onChange={maxVms => set({ maxVms })}
        error={problem('maxVms')}
        hint={t('hint.maxVms')}
        maxLength={8}
      />
      <Check
        id="cluster-ha"
        label={t('field.haReservation')}
        description={t('hint.haReservation')}
        value={form.haReservation}
        onChange={haReservation => set({ haReservation })}
      />
    </>
  )
}

function Fencing({ form, set, problems }: FieldsProps) {
  const { t } = useTranslation('clusters')
  const problem = useProblem(problems)
  return (
    <>
      <Check
        id="cluster-fencing"
        label={t('field.fencing')}
        description={t('hint.fencing')}
        value={form.fencing}
        onChange={fencing => set({ fencing })}
      />
      {form.fencing ? (
        <>
          <TextField
            id="cluster-fence-delay"
            label={t('field.fenceDelay')}
            value={form.fenceDelay}
            onChange={fenceDelay => set({ fenceDelay })}
            error={problem('fenceDelay')}
            hint={t('hint.fenceDelay')}
            maxLength={8}
          />
          <Check
            id="cluster-fence-storage"
            label={t('field.skipStorage')}
            description={t('hint.skipStorage')}
            value={form.skipIfStorageActive}
            onChange={skipIfStorageActive => set({ skipIfStorageActive })}
          />
          <Check
            id="cluster-fence-network"
            label={t('field.skipNetwork')}
            description={t('hint.skipNetwork')}
            value={form.skipIfConnectivityBroken}
            onChange={skipIfConnectivityBroken => set({ skipIfConnectivityBroken })}
          />
          {form.skipIfConnectivityBroken ? (
            <TextField
              id="cluster-fence-share"
              label={t('field.skipShare')}
              value={form.connectivityThreshold}
              onChange={connectivityThreshold => set({ connectivityThreshold })}
              error={problem('connectivityThreshold')}
              maxLength={8}
            />
          ) : null}
        </>
      ) : null}
    </>
  )
}

function More({ form, set }: FieldsProps) {
  const { t } = useTranslation('clusters')
  return (
    <>
      <Check
        id="cluster-vnc"
        label={t('field.vncEncryption')}
        value={form.vncEncryption}
        onChange={vncEncryption => set({ vncEncryption })}
      />
      <Check id="cluster-hwrng" label={t('field.hwrng')} value={form.hwrng} onChange={hwrng => set({ hwrng })} />
      <Check
        id="cluster-trusted"
        label={t('field.trusted')}
        description={t('hint.trusted')}
        value={form.trustedService}
        onChange={trustedService => set({ trustedService })}
      />
      <div className="rk-pair">
        <Choice
          id="cluster-serial"
          label={t('field.serial')}
          value={form.serialPolicy}
          onChange={serialPolicy => set({ serialPolicy })}
          options={[
            { value: '', label: t('serial.default') },
            ...(['host', 'vm', 'custom', 'none'] as const).map(value => ({ value, label: t(`serial.${value}`) })),
          ]}
        />
        {form.serialPolicy === 'custom' ? (
          <TextField
            id="cluster-serial-value"
            label={t('field.serialValue')}
            value={form.serialValue}
            onChange={serialValue => set({ serialValue })}
            maxLength={255}
          />
        ) : null}
      </div>
    </>
  )
}
