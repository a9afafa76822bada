import type { ClusterRow, ClusterSettings } from '../../../inventory/cluster/types.ts'
import { apiBase } from '../http/address.ts'
import { linksBelow, stub } from '../kernel/answer.ts'
import { defined } from '../kernel/read.ts'
import { propertiesFromWire, propertiesToWire } from '../scheduling/scheduling-wire.ts'
import { typeInfo } from '../wire/fields.ts'
import { booleanAt, numberAt, structAt, textAt, textsAt, type WireObject } from '../wire/wire-object.ts'

/** A cluster as the API shows it (fact sheet 1.11, 2.4 Clusters). */
export function clusterToWire(row: ClusterRow): WireObject {
  const href = `${apiBase}/clusters/${row.id}`
  const { settings } = row
  return {
    id: row.id,
    href,
    link: linksBelow(href, typeInfo('Cluster').links),
    name: row.name,
    description: row.description,
    comment: row.comment,
    ballooning_enabled: row.ballooning,
    bios_type: row.biosType,
    cpu: { architecture: row.cpuArchitecture, type: row.cpuType ?? '' },
    custom_scheduling_policy_properties: propertiesToWire(settings.schedulingProperties),
    data_center: stub('datacenters', row.dataCenterId),
    error_handling: { on_error: settings.onError },
    fencing_policy: {
      enabled: settings.fencing.enabled,
      skip_if_connectivity_broken: {
        enabled: settings.fencing.skipIfConnectivityBroken,
        threshold: settings.fencing.connectivityThreshold,
      },
      skip_if_sd_active: { enabled: settings.fencing.skipIfStorageActive },
    },
    fips_mode: 'disabled',
    firewall_type: row.firewallType,
    gluster_service: false,
    ha_reservation: settings.haReservation,
    ksm: { enabled: row.ksm, merge_across_nodes: settings.ksmMergeAcrossNodes },
    log_max_memory_used_threshold: settings.logMaxMemoryUsedThreshold,
    log_max_memory_used_threshold_type: settings.logMaxMemoryUsedThresholdType,
    mac_pool: stub('macpools', row.macPoolId),
    maintenance_reason_required: settings.maintenanceReasonRequired,
    management_network: stub('networks', row.managementNetworkId),
    memory_policy: {
      over_commit: { percent: row.memoryOvercommit },
      transparent_hugepages: { enabled: settings.transparentHugepages },
    },
    migration: {
      auto_converge: settings.migration.autoConverge,
      bandwidth: { assignment_method: settings.migration.bandwidth, custom_value: settings.migration.bandwidthMbps },
      compressed: settings.migration.compressed,
      encrypted: settings.migration.encrypted,
      policy: { id: settings.migration.policyId },
    },
    optional_reason: settings.optionalReason,
    required_rng_sources: settings.rngSources,
    scheduling_policy: stub('schedulingpolicies', row.schedulingPolicyId),
    serial_number:
      settings.serialNumber === null
        ? undefined
        : { policy: settings.serialNumber.policy, value: settings.serialNumber.value },
    switch_type: row.switchType,
    threads_as_cores: row.threadsAsCores,
    trusted_service: settings.trustedService,
    tunnel_migration: settings.tunnelMigration,
    upgrade_in_progress: row.upgrading,
    ...(row.upgrading
      ? {
          upgrade_percent_complete: row.upgradePercent,
          upgrade_correlation_id: row.upgradeCorrelation ?? undefined,
        }
      : {}),
    version: { major: row.levelMajor, minor: row.levelMinor },
    virt_service: true,
    vnc_encryption: settings.vncEncryption,
  }
}

const group = <T extends object>(value: T) => {
  const said = defined(value)
  return Object.keys(said).length === 0 ? undefined : said
}

function serialNumberIn(body: WireObject): ClusterSettings['serialNumber'] | undefined {
  const policy = textAt(body, 'serial_number', 'policy') as 'vm' | undefined
  return policy === undefined ? undefined : { policy, value: textAt(body, 'serial_number', 'value') ?? null }
}

/** What a `<cluster>` says of what is kept for clients; absent stays. The operation's schema checks the words. */
export function settingsFromWire(body: WireObject) {
  const settings = group({
    onError: textAt(body, 'error_handling', 'on_error') as ClusterSettings['onError'] | undefined,
    migration: group({
      autoConverge: textAt(body, 'migration', 'auto_converge') as 'inherit' | undefined,
      compressed: textAt(body, 'migration', 'compressed') as 'inherit' | undefined,
      encrypted: textAt(body, 'migration', 'encrypted') as 'inherit' | undefined,
      bandwidth: textAt(body, 'migration', 'bandwidth', 'assignment_method') as 'auto' | undefined,
      bandwidthMbps: numberAt(body, 'migration', 'bandwidth', 'custom_value'),
      policyId: structAt(body, 'migration', 'policy')?.id,
    }),
    fencing: group({
      enabled: booleanAt(body, 'fencing_policy', 'enabled'),
      skipIfConnectivityBroken: booleanAt(body, 'fencing_policy', 'skip_if_connectivity_broken', 'enabled'),
      connectivityThreshold: numberAt(body, 'fencing_policy', 'skip_if_connectivity_broken', 'threshold'),
      skipIfStorageActive: booleanAt(body, 'fencing_policy', 'skip_if_sd_active', 'enabled'),
    }),
    transparentHugepages: booleanAt(body, 'memory_policy', 'transparent_hugepages', 'enabled'),
    ksmMergeAcrossNodes: booleanAt(body, 'ksm', 'merge_across_nodes'),
    haReservation: booleanAt(body, 'ha_reservation'),
    schedulingProperties: propertiesFromWire(body, 'custom_scheduling_policy_properties'),
    optionalReason: booleanAt(body, 'optional_reason'),
    maintenanceReasonRequired: booleanAt(body, 'maintenance_reason_required'),
    trustedService: booleanAt(body, 'trusted_service'),
    tunnelMigration: booleanAt(body, 'tunnel_migration'),
    vncEncryption: booleanAt(body, 'vnc_encryption'),
    logMaxMemoryUsedThreshold: numberAt(body, 'log_max_memory_used_threshold'),
    logMaxMemoryUsedThresholdType: textAt(body, 'log_max_memory_used_threshold_type') as 'percentage' | undefined,
    serialNumber: serialNumberIn(body),
    rngSources: textsAt(body, 'required_rng_sources') as ClusterSettings['rngSources'] | undefined,
  })
  return settings
}
