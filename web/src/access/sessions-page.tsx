/** Filled in next. */
export function SessionsPage() {
  return null
}
