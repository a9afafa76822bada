import { chmod, chown, copyFile, cp, mkdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Fault } from '@rookery/cli/fault'
import type { Paths } from '@rookery/cli/instance/paths'
import { bridgePrefix, type Settings, writeWhole } from '@rookery/cli/instance/settings'
import { type Authority, filesOf, identity } from '@rookery/cli/pki/store'
import { account } from '@rookery/cli/system/account'
import { ENGINE_CLIENT } from '@rookery/cli/up/configs'
import { hostAddress, hostName, hostPaths, type LabPaths, type LabSettings } from './settings.ts'
import { hostCards } from './wires.ts'

/** Where the agent of a lab host listens, and where it serves images: the ports that oVirt's hosts have. */
export const AGENT_PORT = 54321
export const IMAGES_PORT = 54322

/** Everything on disk that a lab host needs before it is switched on: folders, certificates, the agent's configuration. */
export async function prepareHost(
  o: { instance: Paths; settings: Settings; lab: LabPaths; made: LabSettings; ca: Authority },
  number: number,
): Promise<void> {
  const { instance, settings, lab, made, ca } = o
  const p = hostPaths(lab, number)
  const name = hostName(number)
  const address = hostAddress(made, number)
  await mkdir(p.dataDir, { recursive: true, mode: 0o711 })
  for (const [folder, mode] of [
    [p.run, 0o700],
    [p.log, 0o700],
    [p.agent, 0o700],
    [p.host, 0o711],
  ] as const) {
    await mkdir(folder, { recursive: true, mode })
    await chmod(folder, mode)
  }
  const place = { folder: join(p.agent, 'tls'), name: 'server' }
  await identity(ca, place, {
    commonName: `host ${name}`,
    purpose: { host: { dns: ['localhost', name], ip: ['127.0.0.1', address] } },
  })
  await copyFile(instance.caForUsers, p.caForUsers)
  // What takes seconds to find out is known on this machine already: whether KVM works, and what QEMU can do.
  await copyFile(join(instance.agent, 'acceleration.json'), join(p.agent, 'acceleration.json')).catch(() => undefined) // not found out yet
  const cache = join(p.host, 'cache-libvirt')
  if ((await stat(cache).catch(() => undefined)) === undefined)
    await cp(join(instance.host, 'cache-libvirt'), cache, { recursive: true, preserveTimestamps: true }).catch(
      () => undefined,
    ) // nor that
  await writeWhole(join(p.agent, 'config.json'), `${JSON.stringify(agentConfig(settings, address), null, 2)}\n`, 0o600)
}

function agentConfig(settings: Settings, address: string) {
  const data = '/run/rookery/data'
  return {
    listen: { host: address, port: AGENT_PORT },
    imagesListen: { host: address, port: IMAGES_PORT },
    advertise: address,
    tls: {
      cert: `${data}/agent/tls/server.crt`,
      key: `${data}/agent/tls/server.key`,
      ca: `${data}/ca.crt`,
      clientName: ENGINE_CLIENT,
    },
    dataDir: `${data}/agent`,
    runDir: '/run/rookery/agent',
    engineId: settings.engineId,
    libvirtSocket: '/run/libvirt/libvirt-sock',
    accel: settings.accel,
    network: { bridgePrefix: bridgePrefix(settings), subnet: settings.subnet, uplink: hostCards.guests },
  }
}

/** Puts the host's certificate where libvirt and QEMU look for theirs. To be called where /etc is the host's own. */
export async function installCertificates(p: Paths): Promise<void> {
  const files = filesOf({ folder: join(p.agent, 'tls'), name: 'server' })
  const qemu = await account('libvirt-qemu')
  if (qemu === undefined)
    throw new Fault('packages', 'There is no user libvirt-qemu.', 'Install libvirt-daemon-system.')
  const [ca, cert, key] = await Promise.all([p.caForUsers, files.cert, files.key].map(file => readFile(file, 'utf8')))
  const put = async (file: string, text: string | undefined, mode: number) => {
    await mkdir(join(file, '..'), { recursive: true, mode: 0o755 })
    await writeWhole(file, text ?? '', mode)
  }
  await put('/etc/pki/CA/cacert.pem', ca, 0o644)
  for (const end of ['server', 'client']) {
    await put(`/etc/pki/libvirt/${end}cert.pem`, cert, 0o644)
    await put(`/etc/pki/libvirt/private/${end}key.pem`, key, 0o600)
    await put(`/etc/pki/qemu/${end}-cert.pem`, cert, 0o644)
    await put(`/etc/pki/qemu/${end}-key.pem`, key, 0o640)
    // QEMU opens it as its own user.
    await chown(`/etc/pki/qemu/${end}-key.pem`, 0, qemu.gid)
  }
  await put('/etc/pki/qemu/ca-cert.pem', ca, 0o644)
}
