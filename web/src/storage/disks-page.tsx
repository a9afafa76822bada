/** Filled in next. */
export function DisksPage() {
  return null
}
