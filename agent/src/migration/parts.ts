/** What a host that takes part in migrations has for it. */
export interface MigrationParts {
  /** What other hosts call this one. */
  readonly address: string
  /** libvirt's port. */
  readonly port: number
  /** Folder of the certificates with which its libvirt dials others. */
  readonly libvirtPki: string
}
