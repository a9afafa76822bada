import { address } from './checks/address.ts'
import { certificate } from './checks/certificate.ts'
import { cgroups } from './checks/cgroups.ts'
import { clock } from './checks/clock.ts'
import { cpu } from './checks/cpu.ts'
import { database } from './checks/database.ts'
import { disk } from './checks/disk.ts'
import { firewall } from './checks/firewall.ts'
import { instance } from './checks/instance.ts'
import { keys } from './checks/keys.ts'
import { libvirt } from './checks/libvirt.ts'
import { memory } from './checks/memory.ts'
import { names } from './checks/names.ts'
import { packages } from './checks/packages.ts'
import { permissions } from './checks/permissions.ts'
import { ports } from './checks/ports.ts'
import { settings } from './checks/settings.ts'
import { user } from './checks/user.ts'
import type { Check } from './finding.ts'

/** Every check, in the order in which they are shown: the machine, the network around it, then the instance. */
export const checks: readonly Check[] = [
  user,
  cpu,
  memory,
  disk,
  packages,
  libvirt,
  cgroups,
  permissions,
  clock,
  address,
  names,
  firewall,
  keys,
  ports,
  settings,
  database,
  certificate,
  instance,
]
