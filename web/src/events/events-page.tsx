/** Filled in next. */
export function EventsPage() {
  return null
}
