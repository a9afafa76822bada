export function VmDialogs() {
  return null
}
