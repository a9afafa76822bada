/** Filled in next. */
export function TaskPage() {
  return null
}
