/** Filled in next. */
export function DiskPage() {
  return null
}
