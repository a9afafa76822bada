import { runBenches } from '@rookery/bench'
import { join } from 'node:path'
import { dataDirOf } from '../instance/paths.ts'
import type { Output } from '../output.ts'
import { isRoot } from '../system/account.ts'

/** `rookery bench [name…]`: figures, medians and ratios, with what is wanted of them. Exit 1 when a
 * bench failed; 0 whether or not what is wanted was reached: a figure is no test. */
export async function benchCommand(
  names: readonly string[],
  o: { quick?: boolean; record?: boolean; dataDir?: string },
  out: Output,
): Promise<number> {
  const { text, report } = await runBenches(names, {
    quick: o.quick ?? false,
    record: o.record ?? false,
    trendFile: join(dataDirOf(o.dataDir), 'bench', 'trend.ndjson'),
    root: isRoot(),
    progress: out,
  })
  out.result(text, report)
  return Object.keys(report.failed).length === 0 ? 0 : 1
}
