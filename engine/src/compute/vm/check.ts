import { isDeepStrictEqual } from 'node:util'
import { invalid, unsupported } from '@rookery/model'
import type { Ctx } from '../../core/ctx.ts'
import type { Ref } from '../../core/kinds.ts'
import type { Sql } from '../../db/index.ts'
import { mustHold } from '../../inventory/access.ts'
import { applyPatch } from '../../inventory/patch.ts'
import { isOperatingSystem } from '../os/catalogue.ts'
import { VmConfig, type VmConfigPatch } from './config.ts'
import { vcpus } from './run-spec.ts'
import { sealInitialization } from './seal.ts'
import { ianaZone } from './time-zone.ts'

/** Most vCPUs of a guest. */
const mostVcpus = 384

/**
 * The configuration that a patch makes of another one. Memory that comes without its policy lets the policy follow; a password is
 * sealed; an operating system that the catalogue lacks is `other`, as in oVirt.
 *
 * @param action how refusals begin: "Cannot add VM."
 * @throws `invalid` for words that contradict each other, `unsupported` for what this release does not do
 */
export async function patched(
  sql: Sql,
  base: VmConfig,
  patch: VmConfigPatch,
  clusterId: string,
  action: string,
): Promise<VmConfig> {
  const follow =
    patch.memory === undefined
      ? {}
      : { memoryPolicy: { guaranteed: null, max: null, ...defined(patch.memoryPolicy ?? {}) } }
  const { initialization, ...rest } = patch
  const config = VmConfig.parse(applyPatch(applyPatch(base, rest), follow))
  if (initialization !== undefined) {
    const sealed = initialization === null ? null : sealInitialization(initialization)
    // A password is written, not read: one that was set before stays when the rest is written again.
    const kept = base.initialization?.rootPasswordHash
    config.initialization =
      sealed !== null && sealed.rootPasswordHash === undefined && kept !== undefined
        ? { ...sealed, rootPasswordHash: kept }
        : sealed
  }
  if (!isOperatingSystem(config.os.type)) config.os.type = 'other'
  await check(sql, config, clusterId, action)
  return config
}

/**
 * Asks for the permits that some words need beyond that to edit: on which hosts a VM runs is for who administrates them, custom
 * properties reach the host. What was said before may be said again.
 *
 * @param on the VM, or the cluster of a new one
 * @throws `forbidden` for a word that changed without its permit
 */
export async function mustSay(ctx: Ctx, on: Ref, before: Special, after: Special): Promise<void> {
  if (!isDeepStrictEqual(before.hostIds.toSorted(), after.hostIds.toSorted()))
    await mustHold(ctx, 'edit_admin_vm_properties', on)
  if (!isDeepStrictEqual(before.customProperties, after.customProperties))
    await mustHold(ctx, 'change_vm_custom_properties', on)
}

/** The words of {@link mustSay}. */
export interface Special {
  hostIds: readonly string[]
  customProperties: VmConfig['customProperties']
}

/** The {@link Special} words of a configuration. */
export const special = ({ placement, customProperties }: VmConfig): Special => ({
  hostIds: placement.hostIds,
  customProperties,
})

const defined = (object: object) =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined))

async function check(sql: Sql, config: VmConfig, clusterId: string, action: string): Promise<void> {
  const wrong = (code: string, why: string) => invalid(`vm.${code}`, `${action} ${why}`)
  const { guaranteed, max } = config.memoryPolicy
  if (guaranteed !== null && guaranteed > config.memory)
    throw wrong('memory', 'Physical Memory Guaranteed cannot exceed the Memory Size.')
  if (max !== null && max < config.memory)
    throw wrong('memory', 'The maximum memory cannot be less than the Memory Size.')
  if (vcpus(config) > mostVcpus) throw wrong('vcpus', `A VM has at most ${mostVcpus} virtual CPUs.`)
  if (config.timeZone !== null && ianaZone(config.timeZone) === undefined)
    throw wrong('time_zone', `The time zone "${config.timeZone}" is not known.`)
  if (new Set(config.os.boot).size !== config.os.boot.length) throw wrong('boot', 'A boot device is named twice.')
  if (config.stateless)
    throw unsupported('vm.stateless', `${action} Stateless VMs need snapshots, which this release does not have.`)
  if (config.tpm) throw unsupported('vm.tpm', `${action} TPM devices are not offered by this release.`)
  if (config.placement.hostIds.length > 0) {
    const hosts = await sql<{ id: string }>`
      select id from host where cluster_id = ${clusterId}::uuid and id = any (${config.placement.hostIds}::uuid[])`
    if (hosts.length < new Set(config.placement.hostIds).size)
      throw wrong('placement', 'A host that the VM shall run on is not in its Cluster.')
  }
}

/** Words that take effect on a running VM at once, since its host need not know them. */
const immediate = [
  'highAvailability',
  'deleteProtected',
  'placement',
  'migration',
  'storageErrorResume',
  'initialization',
  'startPaused',
] as const

/** What of a new configuration a running VM can take now; everything else stays as it is until the next start. */
export function takenNow(current: VmConfig, wanted: VmConfig): VmConfig {
  return { ...current, ...Object.fromEntries(immediate.map(word => [word, wanted[word]])) }
}

/** Whether two configurations say the same. Both come from the schema, so that their words stand in the same order. */
export const sameConfig = (a: VmConfig, b: VmConfig): boolean => JSON.stringify(a) === JSON.stringify(b)
