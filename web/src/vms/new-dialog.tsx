/** Filled in next. */
export function NewVmDialog() {
  return null
}
