/** Filled in next. */
export function HostPage() {
  return null
}
