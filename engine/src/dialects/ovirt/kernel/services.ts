/** Facts of this installation that answers carry. */
export interface Services {
  /** The CA certificate in PEM. */
  caPem: string
  /** Name or address under which native viewers and image clients reach us. */
  fqdn: string
  /** This release, for `product_info`. */
  version: string
  /** This installation's id. */
  instanceId: string
}
