/** Filled in next. */
export function DomainPage() {
  return null
}
