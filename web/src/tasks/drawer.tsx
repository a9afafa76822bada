export function TaskDrawer(_drawer: { open: boolean; onToggle: () => void }) {
  return null
}
