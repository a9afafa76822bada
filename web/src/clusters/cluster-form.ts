import { isPlainName } from '../templates/plain-name.ts'
import type { ClusterChange, ClusterRow, NewCluster } from '../api/rows.ts'

/** The parts of a cluster's settings; each is edited by itself, a new cluster has them all in one dialog. */
export const groups = ['general', 'cpu', 'memory', 'migration', 'scheduling', 'fencing', 'more'] as const
export type ClusterGroup = (typeof groups)[number]

type Settings = ClusterRow['settings']
type Three = Settings['migration']['encrypted']

/** What the dialogs of clusters hold, as it is typed. */
export interface ClusterForm {
  name: string
  description: string
  comment: string
  dataCenterId: string
  /** `4.7`. */
  level: string
  switchType: string
  firewallType: string
  biosType: string
  maintenanceReasonRequired: boolean
  optionalReason: boolean
  /** Empty: taken from the hosts. */
  cpuType: string
  threadsAsCores: boolean
  /** `100`, `150`, `200`, or `custom`. */
  overcommit: string
  overcommitPercent: string
  ballooning: boolean
  ksm: boolean
  ksmMergeAcrossNodes: boolean
  transparentHugepages: boolean
  logThreshold: string
  logThresholdType: Settings['logMaxMemoryUsedThresholdType']
  migrationPolicyId: string
  bandwidth: Settings['migration']['bandwidth']
  bandwidthMbps: string
  encrypted: Three
  autoConverge: Three
  compressed: Three
  onError: Settings['onError']
  schedulingPolicyId: string
  /** Said over the policy; empty: the policy's own. */
  properties: Readonly<Record<string, string>>
  haReservation: boolean
  /** Empty: as many as fit. */
  maxVms: string
  fencing: boolean
  fenceDelay: string
  skipIfStorageActive: boolean
  skipIfConnectivityBroken: boolean
  connectivityThreshold: string
  trustedService: boolean
  vncEncryption: boolean
  tunnelMigration: boolean
  hwrng: boolean
  serialPolicy: string
  serialValue: string
}

/** Which fields each part has; also which of them an edit of that part sends. */
export const fieldsOf = {
  general: [
    'name',
    'description',
    'comment',
    'dataCenterId',
    'level',
    'switchType',
    'firewallType',
    'biosType',
    'maintenanceReasonRequired',
    'optionalReason',
  ],
  cpu: ['cpuType', 'threadsAsCores'],
  memory: [
    'overcommit',
    'overcommitPercent',
    'ballooning',
    'ksm',
    'ksmMergeAcrossNodes',
    'transparentHugepages',
    'logThreshold',
    'logThresholdType',
  ],
  migration: [
    'migrationPolicyId',
    'bandwidth',
    'bandwidthMbps',
    'encrypted',
    'autoConverge',
    'compressed',
    'onError',
    'tunnelMigration',
  ],
  scheduling: ['schedulingPolicyId', 'properties', 'haReservation', 'maxVms'],
  fencing: ['fencing', 'fenceDelay', 'skipIfStorageActive', 'skipIfConnectivityBroken', 'connectivityThreshold'],
  more: ['trustedService', 'vncEncryption', 'hwrng', 'serialPolicy', 'serialValue'],
} as const satisfies Record<ClusterGroup, readonly (keyof ClusterForm)[]>

const usual = ['100', '150', '200']

/** What a cluster says, as the form holds it. */
export function formOf(cluster: ClusterRow): ClusterForm {
  const { settings } = cluster
  const { migration, fencing } = settings
  const overcommit = String(cluster.memoryOvercommit)
  return {
    name: cluster.name,
    description: cluster.description,
    comment: cluster.comment,
    dataCenterId: cluster.dataCenterId ?? '',
    level: `${cluster.levelMajor}.${cluster.levelMinor}`,
    switchType: cluster.switchType,
    firewallType: cluster.firewallType,
    biosType: cluster.biosType,
    maintenanceReasonRequired: settings.maintenanceReasonRequired,
    optionalReason: settings.optionalReason,
    cpuType: settings.cpuTypeFromHosts ? '' : (cluster.cpuType ?? ''),
    threadsAsCores: cluster.threadsAsCores,
    overcommit: usual.includes(overcommit) ? overcommit : 'custom',
    overcommitPercent: overcommit,
    ballooning: cluster.ballooning,
    ksm: cluster.ksm,
    ksmMergeAcrossNodes: settings.ksmMergeAcrossNodes,
    transparentHugepages: settings.transparentHugepages,
    logThreshold: String(settings.logMaxMemoryUsedThreshold),
    logThresholdType: settings.logMaxMemoryUsedThresholdType,
    migrationPolicyId: migration.policyId,
    bandwidth: migration.bandwidth,
    bandwidthMbps: migration.bandwidthMbps === null ? '' : String(migration.bandwidthMbps),
    encrypted: migration.encrypted,
    autoConverge: migration.autoConverge,
    compressed: migration.compressed,
    onError: settings.onError,
    schedulingPolicyId: cluster.schedulingPolicyId,
    properties: { ...settings.schedulingProperties },
    haReservation: settings.haReservation,
    maxVms: settings.maxVmsPerHost === null ? '' : String(settings.maxVmsPerHost),
    fencing: fencing.enabled,
    fenceDelay: String(fencing.delaySeconds),
    skipIfStorageActive: fencing.skipIfStorageActive,
    skipIfConnectivityBroken: fencing.skipIfConnectivityBroken,
    connectivityThreshold: String(fencing.connectivityThreshold),
    trustedService: settings.trustedService,
    vncEncryption: settings.vncEncryption,
    tunnelMigration: settings.tunnelMigration,
    hwrng: settings.rngSources.includes('hwrng'),
    serialPolicy: settings.serialNumber?.policy ?? '',
    serialValue: settings.serialNumber?.value ?? '',
  }
}

/** A new cluster with what the engine would take by itself. */
export const emptyForm: ClusterForm = {
  name: '',
  description: '',
  comment: '',
  dataCenterId: '',
  level: '',
  switchType: 'legacy',
  firewallType: 'firewalld',
  biosType: 'q35_sea_bios',
  maintenanceReasonRequired: false,
  optionalReason: false,
  cpuType: '',
  threadsAsCores: false,
  overcommit: '100',
  overcommitPercent: '100',
  ballooning: true,
  ksm: true,
  ksmMergeAcrossNodes: true,
  transparentHugepages: true,
  logThreshold: '95',
  logThresholdType: 'percentage',
  migrationPolicyId: '80554327-0569-496b-bdeb-fcbbf52b827b',
  bandwidth: 'auto',
  bandwidthMbps: '',
  encrypted: 'inherit',
  autoConverge: 'inherit',
  compressed: 'inherit',
  onError: 'migrate',
  schedulingPolicyId: 'b4ed2332-a7ac-4d5f-9596-99a439cb2812',
  properties: {},
  haReservation: false,
  maxVms: '',
  fencing: true,
  fenceDelay: '30',
  skipIfStorageActive: false,
  skipIfConnectivityBroken: false,
  connectivityThreshold: '50',
  trustedService: false,
  vncEncryption: false,
  tunnelMigration: false,
  hwrng: false,
  serialPolicy: '',
  serialValue: '',
}

/** What is wrong with a field; the page words it. */
export type ClusterProblem =
  | 'nameMissing'
  | 'nameTooLong'
  | 'nameCharacters'
  | 'percent'
  | 'threshold'
  | 'mbps'
  | 'vms'
  | 'seconds'
  | 'share'
export type ClusterProblems = Partial<Record<keyof ClusterForm, ClusterProblem>>

/** A whole number as it is typed, between two limits; NaN when it is none. */
function whole(text: string, least: number, most: number): number {
  const trimmed = text.normalize('NFKC').trim()
  const n = Number(trimmed)
  return trimmed !== '' && Number.isInteger(n) && n >= least && n <= most ? n : Number.NaN
}

/** Everything that is wrong with some parts of the form, by the rules of `cluster.add` and `cluster.update`. */
export function problemsOf(form: ClusterForm, parts: readonly ClusterGroup[]): ClusterProblems {
  const found: ClusterProblems = {}
  const number = (field: keyof ClusterForm, text: string, least: number, most: number, problem: ClusterProblem) => {
    if (Number.isNaN(whole(text, least, most))) found[field] = problem
  }
  if (form.name.trim() === '') found.name = 'nameMissing'
  else if (form.name.trim().length > 40) found.name = 'nameTooLong'
  else if (!isPlainName(form.name.trim())) found.name = 'nameCharacters'
  if (form.overcommit === 'custom') number('overcommitPercent', form.overcommitPercent, 100, 1000, 'percent')
  number('logThreshold', form.logThreshold, 0, 1_000_000_000, 'threshold')
  if (form.bandwidth === 'custom') number('bandwidthMbps', form.bandwidthMbps, 1, 1_000_000, 'mbps')
  if (form.maxVms.trim() !== '') number('maxVms', form.maxVms, 1, 10_000, 'vms')
  if (form.fencing) number('fenceDelay', form.fenceDelay, 0, 3600, 'seconds')
  if (form.fencing && form.skipIfConnectivityBroken)
    number('connectivityThreshold', form.connectivityThreshold, 0, 100, 'share')
  const shown = new Set<string>(parts.flatMap(part => [...fieldsOf[part]]))
  return Object.fromEntries(Object.entries(found).filter(([field]) => shown.has(field)))
}

const numberOf = (text: string): number => Number(text.normalize('NFKC').trim())

/** What an operation takes of one part of the form. */
const wire = {
  general: (f: ClusterForm) => ({
    description: f.description,
    comment: f.comment,
    ...(f.level === '' ? {} : { level: { major: 4 as const, minor: Number(f.level.slice(2)) } }),
    switchType: f.switchType as 'legacy' | 'ovs',
    firewallType: f.firewallType as 'firewalld' | 'iptables',
    biosType: f.biosType as NonNullable<NewCluster['biosType']>,
    settings: { maintenanceReasonRequired: f.maintenanceReasonRequired, optionalReason: f.optionalReason },
  }),
  cpu: (f: ClusterForm) => ({ cpuType: f.cpuType === '' ? null : f.cpuType, threadsAsCores: f.threadsAsCores }),
  memory: (f: ClusterForm) => ({
    memoryOvercommit: numberOf(f.overcommit === 'custom' ? f.overcommitPercent : f.overcommit),
    ballooning: f.ballooning,
    ksm: f.ksm,
    settings: {
      ksmMergeAcrossNodes: f.ksmMergeAcrossNodes,
      transparentHugepages: f.transparentHugepages,
      logMaxMemoryUsedThreshold: numberOf(f.logThreshold),
      logMaxMemoryUsedThresholdType: f.logThresholdType,
    },
  }),
  migration: (f: ClusterForm) => ({
    settings: {
      onError: f.onError,
      tunnelMigration: f.tunnelMigration,
      migration: {
        policyId: f.migrationPolicyId,
        bandwidth: f.bandwidth,
        bandwidthMbps: f.bandwidth === 'custom' ? numberOf(f.bandwidthMbps) : null,
        encrypted: f.encrypted,
        autoConverge: f.autoConverge,
        compressed: f.compressed,
      },
    },
  }),
  scheduling: (f: ClusterForm) => ({
    schedulingPolicyId: f.schedulingPolicyId,
    settings: {
      schedulingProperties: Object.fromEntries(Object.entries(f.properties).filter(([, value]) => value.trim() !== '')),
      haReservation: f.haReservation,
      maxVmsPerHost: f.maxVms.trim() === '' ? null : numberOf(f.maxVms),
    },
  }),
  fencing: (f: ClusterForm) => ({
    settings: {
      fencing: {
        enabled: f.fencing,
        // What is greyed out stays as it was.
        ...(f.fencing ? { delaySeconds: numberOf(f.fenceDelay) } : {}),
        skipIfStorageActive: f.skipIfStorageActive,
        skipIfConnectivityBroken: f.skipIfConnectivityBroken,
        ...(f.fencing && f.skipIfConnectivityBroken
          ? { connectivityThreshold: numberOf(f.connectivityThreshold) }
          : {}),
      },
    },
  }),
  more: (f: ClusterForm) => ({
    settings: {
      trustedService: f.trustedService,
      vncEncryption: f.vncEncryption,
      rngSources: f.hwrng ? (['hwrng', 'urandom'] as const) : (['urandom'] as const),
      serialNumber:
        f.serialPolicy === ''
          ? null
          : {
              policy: f.serialPolicy as 'custom' | 'host' | 'none' | 'vm',
              value: f.serialPolicy === 'custom' ? f.serialValue : null,
            },
    },
  }),
} satisfies Record<ClusterGroup, (form: ClusterForm) => object>

/** The operation's input of some parts of a form without problems. */
export function partsOf(form: ClusterForm, parts: readonly ClusterGroup[]): Omit<NewCluster, 'name' | 'dataCenterId'> {
  const said = parts.map(part => wire[part](form) as Partial<NewCluster>)
  const settings = Object.assign({}, ...said.map(part => part.settings ?? {})) as NonNullable<NewCluster['settings']>
  return Object.assign({}, ...said, Object.keys(settings).length === 0 ? {} : { settings }) as Omit<
    NewCluster,
    'name' | 'dataCenterId'
  >
}

/** Input of `cluster.add`. */
export const newOf = (form: ClusterForm): NewCluster => ({
  name: form.name.trim(),
  dataCenterId: form.dataCenterId,
  ...partsOf(form, groups),
})

/** Input of `cluster.update` for one part. */
export const changeOf = (
  cluster: { id: string; version: number },
  form: ClusterForm,
  part: ClusterGroup,
): ClusterChange => ({
  id: cluster.id,
  version: cluster.version,
  ...(part === 'general' ? { name: form.name.trim() } : {}),
  ...partsOf(form, [part]),
})
