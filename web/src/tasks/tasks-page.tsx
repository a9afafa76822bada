/** Filled in next. */
export function TasksPage() {
  return null
}
