/** A MAC pool as queries return it. */
export interface MacPoolRow {
  id: string
  name: string
  description: string
  /** Lower case, inclusive. */
  ranges: { from: string; to: string }[]
  allowDuplicates: boolean
  isDefault: boolean
  version: number
}
