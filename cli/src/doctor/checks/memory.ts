import { readFile } from 'node:fs/promises'
import { humanBytes } from '@rookery/model'
import { MEMORY_GOOD, MEMORY_IDLE } from '../../up/preflight.ts'
import { type Finding, bad, check, good, poor } from '../finding.ts'
import { t } from '../text.ts'

const codes = ['doctor.memory.ok', 'doctor.memory.little', 'doctor.memory.short'] as const

/** Sizes in bytes. */
export interface MemoryFacts {
  readonly total: number
  /** What programs can still get without swapping. */
  readonly available: number
  readonly swapFree: number
  /** The most that this container may use; absent without a limit. */
  readonly limit: number | undefined
  readonly running: boolean
}

/** Memory, held against what our own parts were measured to take, not against a round number. */
export const memory = check({
  topic: 'memory',
  title: t('memory', '메모리'),
  codes,
  gather: async s => ({
    ...meminfo(await readFile('/proc/meminfo', 'utf8')),
    limit: limit(),
    running: s.status.running,
  }),
  decide: memoryFindings,
})

/** The text of /proc/meminfo as bytes. */
export function meminfo(text: string): { total: number; available: number; swapFree: number } {
  const kib = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0) * 1024
  return { total: kib('MemTotal'), available: kib('MemAvailable'), swapFree: kib('SwapFree') }
}

function limit(): number | undefined {
  const bytes = process.constrainedMemory()
  return bytes > 0 && bytes < 2 ** 53 ? bytes : undefined
}

export function memoryFindings(f: MemoryFacts): Finding<(typeof codes)[number]>[] {
  const total = Math.min(f.total, f.limit ?? f.total)
  const free = Math.min(f.available, total)
  const seen = t(
    `${humanBytes(free)} of ${humanBytes(total)} are free${f.limit !== undefined && f.limit < f.total ? ' (the limit of this container)' : ''}.`,
    `${humanBytes(total)} 중 ${humanBytes(free)} 사용 가능${f.limit !== undefined && f.limit < f.total ? '(이 컨테이너의 한도)' : ''}.`,
  )
  const needs = t(
    `Engine, database and agent take ${humanBytes(MEMORY_IDLE)} when idle (measured).`,
    `엔진, 데이터베이스, 에이전트는 쉬고 있을 때 ${humanBytes(MEMORY_IDLE)} 사용합니다(측정값).`,
  )
  const who = ['ps -eo rss,pid,comm --sort=-rss | head']
  if (!f.running && free + f.swapFree < MEMORY_IDLE)
    return [
      bad('doctor.memory.short', {
        what: t(`Too little memory is free to start Rookery.`, 'Rookery를 시작하기에 메모리가 부족합니다.'),
        why: t(`${seen.en} ${needs.en}`, `${seen.ko} ${needs.ko}`),
        next: t(
          'End what is not needed, or give this machine more memory. What takes most of it:',
          '필요 없는 프로그램을 끝내거나 이 머신의 메모리를 늘리십시오. 가장 많이 쓰는 프로그램:',
        ),
        run: who,
      }),
    ]
  const wanted = f.running ? MEMORY_GOOD - MEMORY_IDLE : MEMORY_GOOD
  if (free < wanted)
    return [
      poor('doctor.memory.little', {
        what: t(
          `Little memory is left for VMs: ${humanBytes(free)}.`,
          `VM에 쓸 메모리가 적습니다: ${humanBytes(free)}.`,
        ),
        why: t(`${seen.en} ${needs.en}`, `${seen.ko} ${needs.ko}`),
        next: t(
          'Rookery runs; keep VMs small, or give this machine more memory. What takes most of it:',
          'Rookery는 실행됩니다. VM을 작게 만들거나 이 머신의 메모리를 늘리십시오. 가장 많이 쓰는 프로그램:',
        ),
        run: who,
      }),
    ]
  return [good('doctor.memory.ok', t(seen.en.replace(/\.$/, ''), seen.ko.replace(/\.$/, '')))]
}
