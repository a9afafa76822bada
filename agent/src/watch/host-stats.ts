import { readFileSync } from 'node:fs'
import type { HostStats } from '@rookery/protocol'
import { memoryLine } from '../facts/proc.ts'

interface Ticks {
  readonly user: number
  readonly system: number
  readonly idle: number
}

/** CPU time of the whole machine since its boot, in ticks. Stolen and waiting time count as idle: guests did not get it. */
export function readTicks(stat: string): Ticks {
  const fields = (/^cpu +(.*)$/m.exec(stat)?.[1] ?? '').split(' ').map(Number)
  const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, soft = 0, steal = 0] = fields
  return { user: user + nice, system: system + irq + soft, idle: idle + wait + steal }
}

/** Measures the host between one call and the next. */
export class HostMeter {
  #before: Ticks = readTicks(readFileSync('/proc/stat', 'utf8'))

  read(): HostStats {
    const stat = readFileSync('/proc/stat', 'utf8')
    const now = readTicks(stat)
    const before = this.#before
    this.#before = now
    const all = now.user - before.user + now.system - before.system + now.idle - before.idle
    const part = (ticks: number) => (all <= 0 ? 0 : Math.min(1, Math.max(0, ticks / all)))
    const meminfo = readFileSync('/proc/meminfo', 'utf8')
    const total = memoryLine(meminfo, 'MemTotal')
    const free = memoryLine(meminfo, 'MemAvailable')
    const swapTotal = memoryLine(meminfo, 'SwapTotal')
    return {
      cpuUser: part(now.user - before.user),
      cpuSystem: part(now.system - before.system),
      cpuIdle: all <= 0 ? 1 : part(now.idle - before.idle),
      load5: Number(readFileSync('/proc/loadavg', 'utf8').split(' ')[1] ?? 0),
      memoryUsed: Math.max(0, total - free),
      memoryFree: free,
      memoryShared: memoryLine(meminfo, 'Shmem'),
      swapTotal,
      swapUsed: swapTotal - memoryLine(meminfo, 'SwapFree'),
      ksmCpu: 0,
      bootTime: Number(/^btime (\d+)$/m.exec(stat)?.[1] ?? 0) * 1000,
    }
  }
}
