import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import type { Paths } from '../instance/paths.ts'
import { type Settings, shortId, writeWhole } from '../instance/settings.ts'
import { supervisorArgv, type Started } from '../up/start.ts'
import { exec, must } from './exec.ts'

/** Whether systemd runs this machine (what sd_booted asks). */
export const hasSystemd = (): boolean => existsSync('/run/systemd/system')

/** The unit of an instance. */
export const unitName = (s: Pick<Settings, 'engineId'>): string => `rookery-${shortId(s)}.service`

const unitFile = (s: Pick<Settings, 'engineId'>) => `/etc/systemd/system/${unitName(s)}`

/**
 * The unit: the same supervisor with the same parts in the same private namespace, so that two instances share nothing here
 * either. systemd adds the start at boot. `KillMode=process` and `Delegate` because VMs outlive it, as everywhere.
 */
export function unitText(p: Paths, s: Settings): string {
  const words = supervisorArgv(p, s, false).map(quote).join(' ')
  return `# Written by "rookery up"; removed by "rookery down".
[Unit]
Description=Rookery, the open virtualization manager (${p.dataDir})
After=network-online.target nss-lookup.target
Wants=network-online.target
RequiresMountsFor=${p.dataDir}

[Service]
Type=exec
ExecStart=${words}
Restart=on-failure
RestartSec=2
KillMode=process
TimeoutStopSec=120
Delegate=yes
TasksMax=infinity
LimitNOFILE=65536

[Install]
WantedBy=multi-user.target
`
}

/** A word of ExecStart: systemd expands % and $ and splits at spaces. */
function quote(word: string): string {
  const safe = word.replaceAll('%', '%%').replaceAll('$', '$$$$')
  return /[\s"'\\;]/.test(safe) ? `"${safe.replaceAll(/["\\]/g, '\\$&')}"` : safe
}

/** Writes, enables and starts the unit. */
export async function startUnit(p: Paths, s: Settings): Promise<Started> {
  await writeWhole(unitFile(s), unitText(p, s), 0o644)
  await must(['systemctl', 'daemon-reload'])
  await must(['systemctl', 'enable', '--now', unitName(s)])
  let over: string | undefined
  const watch = setInterval(async () => {
    const { stdout } = await exec(['systemctl', 'is-active', unitName(s)])
    if (stdout.trim() === 'failed') over = 'its unit failed'
  }, 1_000)
  watch.unref()
  return { over: () => over }
}

/** Stops and removes the unit, if there is one; says whether there was. */
export async function stopUnit(s: Settings): Promise<boolean> {
  if (!hasSystemd() || !existsSync(unitFile(s))) return false
  await must(['systemctl', 'disable', '--now', unitName(s)], { timeout: 150_000 })
  await rm(unitFile(s), { force: true })
  await must(['systemctl', 'daemon-reload'])
  return true
}
