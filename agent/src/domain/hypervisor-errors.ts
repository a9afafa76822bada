import { LibvirtConnectionError, LibvirtError } from '@rookery/libvirt/errors'
import {
  VIR_ERR_CONFIG_UNSUPPORTED,
  VIR_ERR_DOM_EXIST,
  VIR_ERR_NO_DOMAIN,
  VIR_ERR_OPERATION_FAILED,
  VIR_ERR_OPERATION_INVALID,
  VIR_ERR_OPERATION_TIMEOUT,
  VIR_ERR_OPERATION_UNSUPPORTED,
  VIR_ERR_XML_DETAIL,
  VIR_ERR_XML_ERROR,
} from '@rookery/libvirt/generated/constants.gen'
import { type ErrorKind, notFound, RookeryError, unavailable } from '@rookery/model'

/** Code of the error for a libvirt that does not answer; whoever gets it may ask again once it is back. */
export const libvirtAway = 'libvirt.unreachable'

const kindOf: readonly (readonly [ErrorKind, readonly number[]])[] = [
  ['unsupported', [VIR_ERR_CONFIG_UNSUPPORTED, VIR_ERR_OPERATION_UNSUPPORTED]],
  ['invalid', [VIR_ERR_XML_ERROR, VIR_ERR_XML_DETAIL]],
  ['conflict', [VIR_ERR_OPERATION_INVALID, VIR_ERR_DOM_EXIST]],
  ['unavailable', [VIR_ERR_OPERATION_TIMEOUT]],
  ['internal', [VIR_ERR_OPERATION_FAILED]],
]

/** What libvirt threw, in our words with libvirt's sentence in it; anything else as it is. `doing`: "start the domain". */
export function fromLibvirt(error: unknown, doing: string): unknown {
  if (error instanceof LibvirtConnectionError)
    return unavailable(libvirtAway, `The host's libvirt does not answer, so it could not ${doing}.`, { cause: error })
  if (!(error instanceof LibvirtError)) return error
  if (error.code === VIR_ERR_NO_DOMAIN)
    return notFound('vm.not_here', `There is no such domain on this host, so it could not ${doing}.`, { cause: error })
  const kind = kindOf.find(([, codes]) => codes.includes(error.code))?.[0] ?? 'internal'
  return new RookeryError(kind, 'libvirt.refused', `The host could not ${doing}: ${error.message}`, {
    cause: error,
    detail: { libvirt: error.codeName },
  })
}

/** Whether this is the error of a libvirt that does not answer now. */
export const isAway = (error: unknown): boolean => error instanceof RookeryError && error.code === libvirtAway

/** Whether this is the error of a domain that is not there. */
export const isNotHere = (error: unknown): boolean => error instanceof RookeryError && error.code === 'vm.not_here'

/** The run that a task names is not on this host. */
export const runNotHere = (vmId: string, runId: string): RookeryError =>
  notFound('vm.run_not_here', `Run ${runId} of VM ${vmId} is not on this host.`, { ref: { kind: 'vm', id: vmId } })
