import { Performance } from '../charts/index.ts'
import type { VmRow } from '../api/rows.ts'

/** Numbers over time. */
export function VmPerformance({ vm }: { vm: VmRow }) {
  return (
    <section className="rk-card">
      <Performance kind="vm" id={vm.id} name={vm.name} memory={(vm.runConfig ?? vm.config).memory} />
    </section>
  )
}
