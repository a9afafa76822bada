/** Filled in next. */
export function ConsoleWindow() {
  return null
}
