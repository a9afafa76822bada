/** Filled in next. */
export function VmPage() {
  return null
}
