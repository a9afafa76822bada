import { invariants, type InvariantText } from '@rookery/model'
import { Fault } from '../../fault.ts'
import { dataDirOf, paths } from '../../instance/paths.ts'
import { readSettings } from '../../instance/settings.ts'
import type { Output } from '../../output.ts'
import { askInvariants, type Report } from './ask.ts'

/**
 * `rookery doctor invariants`: compares database, agents' journals, libvirt, storage and networks of a running instance. Two looks,
 * some seconds apart: what both show stands. Exit 0 when nothing differs, 1 otherwise.
 */
export async function invariantsCommand(o: { dataDir?: string; apart?: string }, out: Output): Promise<number> {
  const apart = o.apart === undefined ? undefined : Number(o.apart)
  if (apart !== undefined && !(apart >= 0 && apart <= 60))
    throw new Fault('usage', `--apart takes seconds from 0 to 60, not "${o.apart}".`, 'For example: --apart 3')
  const p = paths(dataDirOf(o.dataDir))
  const s = await readSettings(p)
  if (s === undefined) throw new Fault('notRunning', `There is no instance in ${p.dataDir}.`, 'Start it: rookery up')
  let report: Report
  try {
    report = await askInvariants(p, s, apart === undefined ? undefined : Math.round(apart * 1000))
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new Fault('notRunning', `The engine could not be asked: ${why}`, 'See: rookery status')
  }
  out.result(reportText(report), {
    dataDir: p.dataDir,
    ...report,
    differences: report.differences.map(each => ({ ...each, ...textOf(each.invariant) })),
  })
  return report.differences.length === 0 ? 0 : 1
}

/** A newer engine may know more than this command. */
const textOf = (name: string): InvariantText | undefined =>
  Object.hasOwn(invariants, name) ? invariants[name as keyof typeof invariants] : undefined

/** The report for people: each difference with cause and cure in both languages. */
export function reportText(report: Report): string {
  const silent = report.notLookedAt.map(h => `- host ${h.name} (${h.status}) was not looked at: ${h.reason}`)
  if (report.differences.length === 0) return ['✓ nothing differs', ...silent].join('\n')
  return [
    ...report.differences.map(({ invariant, subject, found, host }) => {
      const text = textOf(invariant)
      return [
        `✗ ${invariant}  ${subject}${host === undefined ? '' : ` on ${host.name}`}: ${found}`,
        ...(text === undefined
          ? []
          : [text.cause.en, `→ ${text.cure.en}`, text.cause.ko, `→ ${text.cure.ko}`].map(line => `    ${line}`)),
      ].join('\n')
    }),
    ...silent,
    `${report.differences.length} differences, seen in both of two looks`,
  ].join('\n')
}
