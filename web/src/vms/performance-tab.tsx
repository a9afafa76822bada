import type { VmRow } from '../api/rows.ts'
import { NowCard } from './now-card.tsx'

/** Numbers over time. */
export function VmPerformance({ vm }: { vm: VmRow }) {
  return <NowCard vm={vm} />
}
