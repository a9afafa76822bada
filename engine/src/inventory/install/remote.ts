import { createHash, createPrivateKey } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import { createGzip } from 'node:zlib'
import { conflict, internal, unavailable } from '@rookery/model'
import { z } from 'zod'
import type { EngineHandle } from '../../engine.ts'
import type { EnrolledHost, InstallTarget, Looked, OutsidePort } from '../../jobs/outside-port.ts'
import { certifier, engineClientName } from '../enrol/authority.ts'
import { agentUnit, keepersUnit } from './agent-unit.ts'
import { opensshKey } from './openssh-key.ts'
import { agentData, agentHome, probeScript, readProbe, refusal, remarks } from './probe.ts'
import { hostKeyOf, type SshShell, withShell } from './ssh.ts'

const node = `${agentHome}/node`
const program = `${agentHome}/agent.mjs`
const config = `${agentData}/config.json`
const port = 54_321

const Requested = z.object({ request: z.string(), hostUuid: z.guid() })

/** What a job does on a machine that has no agent yet, by commands over SSH. Each can be repeated. */
export function remoteHosts(engine: EngineHandle): Omit<OutsidePort, 'certify'> {
  const certify = certifier(engine)

  const shell = async <T>(target: InstallTarget, signal: AbortSignal, work: (shell: SshShell) => Promise<T>) => {
    const kept = await engine.db.sql.maybe<{ sealed: string }>`
      select sealed from host_secret where host_id = ${target.hostId}::uuid`
    return withShell(target, kept === undefined ? await ownKey() : await passwordOf(kept.sealed), signal, work)
  }
  const ownKey = async () => {
    const own = createPrivateKey(await readFile(engine.config.tls.key, 'utf8'))
    return { privateKey: own.export({ type: 'sec1', format: 'pem' }).toString() }
  }
  const passwordOf = async (sealed: string) => {
    const { secrets } = engine.env()
    if (secrets === undefined) throw internal('secret.none', 'This engine has no key for kept passwords.')
    return { password: await secrets.open(sealed) }
  }

  /** What an agent consists of, here and there. */
  const parts = () => {
    const { agentBundle } = engine.config
    if (agentBundle === null)
      throw unavailable('host.install.no_bundle', 'This engine has no agent to send. Start it with "rookery up".')
    return [
      { from: agentBundle, to: program, mode: 0o644 },
      { from: process.execPath, to: node, mode: 0o755 },
    ]
  }

  return {
    hostKey: hostKeyOf,
    look: (target, signal) =>
      shell(target, signal, async ({ run, fingerprint }): Promise<Looked> => {
        const probe = readProbe(done(target, 'looking at it', await run('sh -s', probeScript)))
        const authority = createHash('sha256')
          .update(await readFile(engine.config.agentTls.ca))
          .digest('hex')
        const no = refusal(probe, { now: new Date(), authority, name: target.name })
        if (no !== undefined) throw no
        return { fingerprint, remarks: remarks(probe) }
      }),
    admitKey: (target, signal) =>
      shell(target, signal, async ({ run }) => {
        const key = opensshKey(await readFile(engine.config.tls.cert, 'utf8')).trim()
        const script = `umask 077; mkdir -p ~/.ssh && chmod 700 ~/.ssh && touch ~/.ssh/authorized_keys && chmod 600 ~/.ssh/authorized_keys
grep -qxF '${key}' ~/.ssh/authorized_keys || echo '${key}' >> ~/.ssh/authorized_keys`
        done(target, 'admitting the key of the engine', await run('sh -s', script))
      }),
    sendAgent: (target, signal) =>
      shell(target, signal, async ({ run }) => {
        for (const { from, to, mode } of parts()) await send(target, run, from, to, mode)
      }),
    hasAgent: (target, signal) =>
      shell(target, signal, async ({ run }) => {
        for (const { from, to } of parts()) if ((await sumThere(run, to)) !== (await sumOf(from))) return false
        return true
      }),
    enrolHost: (target, signal) =>
      shell(target, signal, async ({ run }): Promise<EnrolledHost> => {
        const words = `--data-dir ${agentData} --config ${config}`
        const asked = Requested.parse(
          JSON.parse(done(target, 'making its key', await run(`${node} ${program} enrol request ${words}`))),
        )
        const host = { id: target.hostId, name: target.name, address: target.address }
        const signed = await certify(asked.request, host)
        const answer = {
          hostId: host.id,
          name: host.name,
          engineId: engine.config.engineId,
          clientName: engineClientName,
          certificate: signed.certificate,
          ca: signed.ca,
        }
        const said = await run(
          `${node} ${program} enrol answer ${words} --address '${target.address}'`,
          JSON.stringify(answer),
        )
        done(target, 'taking its certificate', said)
        return { hostUuid: asked.hostUuid, port, validUntil: signed.validUntil.toISOString() }
      }),
    prepareHost: (target, signal) =>
      shell(target, signal, async ({ run }) => {
        const said = done(target, 'preparing libvirt', await run(`${node} ${program} prepare --config ${config}`))
        return said.split('\n').filter(line => line !== '')
      }),
    startAgent: (target, signal) =>
      shell(target, signal, async ({ run }) => {
        done(target, 'starting the agent', await run('sh -s', startScript))
      }),
    restartAgent: (target, signal) =>
      shell(target, signal, async ({ run }) => {
        done(target, 'starting the agent again', await run('sh -s', endScript + startScript))
      }),
  }
}

/** Waits until something takes connections on the agent's port. */
const awaitScript = `const until = Date.now() + 60000
const look = () => require('node:net').connect(${port}, '127.0.0.1').on('connect', () => process.exit(0))
  .on('error', () => Date.now() > until ? process.exit(1) : setTimeout(look, 200))
look()`

/**
 * With systemd a unit; elsewhere a loop of the shell in a session of its own, which is there once however often it is started. What the
 * agent has started (the keeper of leases) goes on when it is started again.
 */
const startScript = `set -e
if [ -d /run/systemd/system ]; then
  cat > /etc/systemd/system/rookery-agent.service <<'UNIT'
${agentUnit({ node, program, config })}UNIT
  cat > /etc/systemd/system/rookery-keepers.service <<'UNIT'
${keepersUnit({ node, program, config })}UNIT
  systemctl daemon-reload
  systemctl enable --quiet rookery-agent.service rookery-keepers.service
  systemctl restart rookery-keepers.service
  systemctl restart rookery-agent.service
  last() { journalctl --unit rookery-agent --lines 3 --output cat; }
else
  mkdir -p /run/rookery-agent
  if ! kill -0 "$(cat /run/rookery-keepers.pid 2>/dev/null || echo none)" 2>/dev/null; then
    setsid sh -c 'echo $$ > /run/rookery-keepers.pid; while :; do ${node} --disable-warning=ExperimentalWarning ${program} keepers --config ${config}; sleep 1; done' </dev/null >>${agentData}/keepers.log 2>&1 &
  fi
  loop=$(cat /run/rookery-agent.pid 2>/dev/null || echo none)
  if kill -0 "$loop" 2>/dev/null; then
    for old in $(cat "/proc/$loop/task/$loop/children"); do
      kill "$old" || true
      n=0
      while kill -0 "$old" 2>/dev/null && [ $n -lt 300 ]; do n=$((n + 1)); sleep 0.1; done
      kill -9 "$old" 2>/dev/null || true
    done
  else
    setsid sh -c 'echo $$ > /run/rookery-agent.pid; while :; do ${node} --disable-warning=ExperimentalWarning ${program} --config ${config}; sleep 1; done' </dev/null >>${agentData}/agent.log 2>&1 &
  fi
  last() { tail -n 3 ${agentData}/agent.log; }
fi
${node} -e "${awaitScript}" || { echo "it does not answer:" >&2; last >&2; exit 1; }
`

/** An agent that hangs hears no signal but one; nothing acknowledged is lost by it. */
const endScript = `[ -e ${program} ] && [ -e ${config} ] || { echo "there is no agent of ours" >&2; exit 1; }
if [ -d /run/systemd/system ]; then
  systemctl kill --kill-who=main --signal=KILL rookery-agent.service || true
elif [ -s /run/rookery-agent.pid ]; then
  pkill -KILL -P "$(cat /run/rookery-agent.pid)" || true
fi
`

/** Sends a file unless the same is there; it appears whole or not at all. */
async function send(
  target: InstallTarget,
  run: SshShell['run'],
  from: string,
  to: string,
  mode: number,
): Promise<void> {
  const sum = await sumOf(from)
  if ((await sumThere(run, to)) === sum) return
  const packed = await buffer(createReadStream(from).pipe(createGzip({ level: 1 })))
  const command = `set -e; mkdir -p ${agentHome}; gzip -dc > ${to}.new; echo '${sum}  ${to}.new' | sha256sum -c --quiet; chmod ${mode.toString(8)} ${to}.new; mv ${to}.new ${to}`
  done(target, `sending ${to}`, await run(command, packed))
}

async function sumOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

const sumThere = async (run: SshShell['run'], file: string): Promise<string> =>
  (await run(`sha256sum ${file} 2>/dev/null | cut -d' ' -f1`)).stdout.trim()

/** The output of a command that must have worked. */
function done(target: InstallTarget, what: string, said: { code: number; stdout: string; stderr: string }): string {
  if (said.code === 0) return said.stdout
  const words = said.stderr.trim().split('\n').slice(-3).join(' ') || `it ended with ${said.code}`
  throw conflict('host.install.command', `Host ${target.name}: ${what} failed: ${words}`, { detail: { what, words } })
}
