/** Something that can be done with what is shown. Impossible ones stay in their place, and say why and what would help. */
export interface ActionItem {
  key: string
  label: string
  run: () => void
  /** Why it cannot be done now; absent: it can. */
  reason?: string | undefined
  /** Takes data or people's work: stands last, in red. */
  danger?: boolean
}
