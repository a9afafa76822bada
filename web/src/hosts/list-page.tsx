/** Filled in next. */
export function HostsPage() {
  return null
}
