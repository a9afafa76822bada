/**
 * Builds the Debian package of the agent, for hosts that join by themselves: the agent in one file, the Node that it runs on, a unit of
 * systemd, the command `rookery-agent`. It needs dpkg-deb and no network, and prints where the package is.
 *
 *     node scripts/agent-deb.ts [--out FOLDER]
 */
import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { bundleAgent } from '../cli/src/console/agent-bundle.ts'
import { output } from '../cli/src/output.ts'
import { agentUnit, keepersUnit } from '../engine/src/inventory/install/agent-unit.ts'
import { agentData, agentHome, packages } from '../engine/src/inventory/install/probe.ts'

const root = join(import.meta.dirname, '..')
const { values } = parseArgs({ options: { out: { type: 'string', default: join(root, 'agent/dist') } } })
const { version } = JSON.parse(readFileSync(join(root, 'agent/package.json'), 'utf8')) as { version: string }
const out = resolve(values.out)
const node = `${agentHome}/node`
const program = `${agentHome}/agent.mjs`
const config = `${agentData}/config.json`

/** `join` does all that makes a host of a machine; the rest goes to the agent itself. */
const command = `#!/bin/sh
set -e
agent() { ${node} --disable-warning=ExperimentalWarning ${program} "$@"; }
agent "$@"
if [ "$1" = join ]; then
  agent prepare --config ${config}
  if [ -d /run/systemd/system ]; then systemctl restart rookery-keepers.service rookery-agent.service; fi
fi
`

const postinst = `#!/bin/sh
set -e
if [ "$1" = configure ] && [ -d /run/systemd/system ]; then
  systemctl daemon-reload
  systemctl enable --quiet rookery-agent.service rookery-keepers.service
  systemctl try-restart rookery-agent.service
  if [ -e ${config} ]; then systemctl start rookery-keepers.service rookery-agent.service; fi
fi
`

const prerm = `#!/bin/sh
set -e
if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
  systemctl disable --quiet --now rookery-agent.service rookery-keepers.service
fi
`

const postrm = `#!/bin/sh
set -e
if [ "$1" = purge ]; then rm -rf ${agentData}; fi
if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
`

await bundleAgent(output({ json: false }))

const tree = mkdtempSync(join(tmpdir(), 'rookery-deb-'))
try {
  const put = (path: string, text: string, mode = 0o644) => {
    mkdirSync(dirname(join(tree, path)), { recursive: true, mode: 0o755 })
    writeFileSync(join(tree, path), text)
    chmodSync(join(tree, path), mode)
  }
  put('lib/systemd/system/rookery-agent.service', agentUnit({ node, program, config }))
  put('lib/systemd/system/rookery-keepers.service', keepersUnit({ node, program, config }))
  put('usr/bin/rookery-agent', command, 0o755)
  put('DEBIAN/control', control(version))
  put('DEBIAN/postinst', postinst, 0o755)
  put('DEBIAN/prerm', prerm, 0o755)
  put('DEBIAN/postrm', postrm, 0o755)
  mkdirSync(join(tree, agentHome), { recursive: true, mode: 0o755 })
  copyFileSync(process.execPath, join(tree, node))
  chmodSync(join(tree, node), 0o755)
  copyFileSync(join(root, 'agent/dist/agent.mjs'), join(tree, program))
  chmodSync(join(tree, program), 0o644)
  chmodSync(tree, 0o755)
  mkdirSync(out, { recursive: true })
  const file = join(out, `rookery-agent_${version}_amd64.deb`)
  execFileSync('dpkg-deb', ['--build', '--root-owner-group', '-Zgzip', '-z6', tree, file], { stdio: 'ignore' })
  process.stdout.write(`${file}\n`)
} finally {
  rmSync(tree, { recursive: true, force: true })
}

function control(of: string): string {
  return `Package: rookery-agent
Version: ${of}
Section: admin
Priority: optional
Architecture: amd64
Maintainer: Rookery <rookery@localhost>
Depends: ${packages.join(', ')}, passwd
Recommends: fence-agents, chrony
Description: host agent of the Rookery virtualization manager
 Makes this machine a host of a Rookery engine: it runs virtual machines by
 libvirt and QEMU as the engine asks. Ask the engine for a join token, then run
 "rookery-agent join TOKEN".
`
}
