/** Filled in next. */
export function AccountPage() {
  return null
}
