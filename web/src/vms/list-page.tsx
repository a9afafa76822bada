/** Filled in next. */
export function VmsPage() {
  return null
}
