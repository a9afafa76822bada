/** Filled in next. */
export function DomainsPage() {
  return null
}
