import type { VmRow } from '../api/rows.ts'
import { Performance } from '../charts/index.ts'

/** Numbers over time. */
export function VmPerformance({ vm }: { vm: VmRow }) {
  return <Performance kind="vm" id={vm.id} name={vm.name} memory={(vm.runConfig ?? vm.config).memory} />
}
