/** Errors as they travel: `virNetMessageError` in replies and stream packets. */
import { LibvirtError } from './errors.ts'
import { virNetMessageError } from './generated/net.gen.ts'
import { decodeXdr } from './xdr.ts'

/** Reads the body of an error message. Throws XdrError when it is none. */
export function readError(body: Buffer, procedure: string): LibvirtError {
  const { code, domain, level, message, str1, str2, str3, int1, int2 } = decodeXdr(virNetMessageError, body)
  return new LibvirtError({
    code,
    domain,
    level,
    message: message ?? `libvirt gave no message with error ${code}`,
    details: { str1, str2, str3, int1, int2 },
    procedure,
  })
}
