/** Filled in next. */
export function DashboardPage() {
  return null
}
