import { unavailable } from '@rookery/model'

/** A host as its certificate names it. */
export interface CertifiedHost {
  readonly id: string
  readonly name: string
  /** Name or address by which engine and other hosts reach it. */
  readonly address: string
}

/** A certificate that was signed, PEM, and until when it is good. */
export interface Certified {
  readonly certificate: string
  readonly ca: string
  readonly validUntil: Date
}

/** What jobs can reach beside the database and hosts' agents; inventory implements it. */
export interface OutsidePort {
  /**
   * Signs the key of a host's certificate request with the installation's authority.
   * @throws RookeryError `invalid` `certificate.request`; `unsupported` `certificate.no_authority`
   */
  certify(request: string, host: CertifiedHost): Promise<Certified>
}

/** For engines without inventory, in tests. */
export const noOutside: OutsidePort = {
  certify: async () => {
    throw unavailable('certificate.no_authority', 'This engine has no certification authority.')
  },
}
