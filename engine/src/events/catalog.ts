import type { Ref } from '../core/kinds.ts'

/** How bad an event is; oVirt's words. */
export type Severity = 'normal' | 'warning' | 'error' | 'alert'

/** What is said with an event. */
export interface EventDetails {
  /** The entities that it is about; they decide who may see it. */
  refs: readonly Ref[]
  /** What stands in the places of its text; `user` is filled in with the actor when absent. */
  args?: Readonly<Record<string, string | number>>
  /** For programs. Never a secret. */
  data?: Readonly<Record<string, unknown>>
}

/** One kind of event: oVirt's code (fact sheet 2.4, Events, jobs), how bad it is, and its text with `{places}`. */
export interface EventKind {
  code: number
  severity: Severity
  text: string
}

const line = (code: number, severity: Severity, text: string): EventKind => ({ code, severity, text })

/** Every event that this engine writes. Codes from 10000 are our own. */
export const catalog = {
  'engine.started': line(1, 'normal', 'The engine started.'),
  'engine.stopped': line(2, 'normal', 'The engine stopped.'),
  'user.login': line(30, 'normal', 'User {user} signed in from {address}.'),
  'user.logout': line(31, 'normal', 'User {user} signed out.'),
  'user.login.failed': line(114, 'error', 'User {name} could not sign in from {address}: {reason}.'),
  'user.added': line(149, 'normal', 'User {name} was added by {user}.'),
  'user.updated': line(10010, 'normal', 'User {name} was changed by {user}.'),
  'user.removed': line(154, 'normal', 'User {name} was removed by {user}.'),
  'user.password.changed': line(10011, 'normal', 'The password of {name} was changed by {user}; its sessions ended.'),
  'permission.added': line(850, 'normal', '{user} gave {name} the role {role} on {object}.'),
  'permission.removed': line(852, 'normal', '{user} took the role {role} on {object} from {name}.'),
  'role.added': line(855, 'normal', 'Role {role} was added by {user}.'),
  'role.updated': line(857, 'normal', 'Role {role} was changed by {user}.'),
  'role.removed': line(859, 'normal', 'Role {role} was removed by {user}.'),
  'vm.start.requested': line(153, 'normal', '{user} started VM {vm} (host: {host}).'),
  'vm.started': line(32, 'normal', 'VM {vm} runs on host {host}.'),
  'vm.start.failed': line(54, 'error', 'VM {vm} could not be started: {reason}.'),
  'vm.stopped': line(33, 'normal', 'VM {vm} was powered off by {user} (host: {host}).'),
  'vm.shutdown.requested': line(73, 'normal', '{user} asked VM {vm} to shut down (host: {host}).'),
  'vm.reboot.requested': line(157, 'normal', '{user} asked VM {vm} to restart (host: {host}).'),
  'vm.reset': line(10100, 'normal', '{user} reset VM {vm} (host: {host}).'),
  'vm.resumed': line(39, 'normal', 'VM {vm} was resumed by {user} (host: {host}).'),
  'vm.paused': line(10101, 'normal', 'VM {vm} is paused (host: {host}).'),
  'vm.down': line(61, 'normal', 'VM {vm} is down.'),
  'vm.down.error': line(119, 'error', 'VM {vm} is down with an error: {reason}.'),
  'vm.add.started': line(37, 'normal', '{user} began to create VM {vm}.'),
  'vm.added': line(34, 'normal', 'VM {vm} was created by {user}.'),
  'vm.add.finished': line(53, 'normal', 'VM {vm} is created.'),
  'vm.add.failed': line(60, 'error', 'VM {vm} could not be created: {reason}.'),
  'vm.updated': line(35, 'normal', 'VM {vm} was changed by {user}.'),
  'vm.removed': line(113, 'normal', 'VM {vm} was removed by {user}.'),
  'vm.remove.failed': line(10102, 'error', 'VM {vm} could not be removed: {reason}.'),
  'vm.suspend.requested': line(501, 'normal', '{user} began to suspend VM {vm} (host: {host}).'),
  'vm.suspended': line(503, 'normal', 'VM {vm} is suspended.'),
  'vm.suspend.failed': line(10107, 'error', 'VM {vm} could not be suspended: {reason}.'),
  'vm.not_responding': line(126, 'warning', 'VM {vm} does not respond.'),
  'vm.paused.no_space': line(138, 'error', 'VM {vm} is paused: its storage is full.'),
  'vm.paused.io_error': line(145, 'error', 'VM {vm} is paused by a storage error.'),
  'vm.paused.other': line(1025, 'error', 'VM {vm} is paused: {reason}.'),
  'vm.recovered': line(196, 'normal', 'VM {vm} goes on after a pause.'),
  'vm.migration.started': line(62, 'normal', 'VM {vm} migrates from {host} to {target} ({user}).'),
  'vm.migration.done': line(63, 'normal', 'VM {vm} migrated from {host} to {target}.'),
  'vm.migration.aborted': line(64, 'error', 'The migration of VM {vm} was stopped.'),
  'vm.migration.failed': line(65, 'error', 'The migration of VM {vm} failed: {reason}.'),
  'vm.migration.failed.host': line(140, 'error', 'The migration of VM {vm} to {target} failed: {reason}.'),
  'vm.migration.no_host': line(166, 'error', 'The migration of VM {vm} found no host: {reason}.'),
  'vm.migration.cancelled': line(161, 'normal', 'The migration of VM {vm} was cancelled by {user}.'),
  'vm.console.connected': line(167, 'normal', '{user} connected to the console of VM {vm}.'),
  'vm.console.ticket': line(10103, 'normal', '{user} took a console ticket for VM {vm}.'),
  'vm.guest_login': line(456, 'normal', '{user} signed in inside VM {vm}.'),
  'vm.cdrom.changed': line(10104, 'normal', '{user} changed the CD of VM {vm} to {medium}.'),
  'vm.ha.failed': line(9602, 'error', 'The highly available VM {vm} failed and will be started again.'),
  'vm.ha.restart_failed': line(9603, 'error', 'The highly available VM {vm} could not be started again: {reason}.'),
  'nic.added': line(932, 'normal', 'Network interface {nic} was added to {vm} by {user}.'),
  'nic.updated': line(934, 'normal', 'Network interface {nic} of {vm} was changed by {user}.'),
  'nic.removed': line(930, 'normal', 'Network interface {nic} was removed from {vm} by {user}.'),
  'disk.attached': line(10105, 'normal', 'Disk {disk} was attached to VM {vm} by {user}.'),
  'disk.detached': line(10106, 'normal', 'Disk {disk} was detached from VM {vm} by {user}.'),
  'snapshot.create.started': line(45, 'normal', '{user} began snapshot {snapshot} of VM {vm}.'),
  'snapshot.created': line(68, 'normal', 'Snapshot {snapshot} of VM {vm} is complete.'),
  'snapshot.create.failed': line(69, 'error', 'Snapshot {snapshot} of VM {vm} failed: {reason}.'),
  'snapshot.remove.started': line(342, 'normal', '{user} began to remove snapshot {snapshot} of VM {vm}.'),
  'snapshot.removed': line(356, 'normal', 'Snapshot {snapshot} of VM {vm} is removed.'),
  'template.create.started': line(48, 'normal', '{user} began to create template {template}.'),
  'template.created': line(51, 'normal', 'Template {template} is complete.'),
  'template.create.failed': line(52, 'error', 'Template {template} could not be created: {reason}.'),
  'host.detected': line(13, 'normal', 'Host {host} is up.'),
  'host.failed': line(12, 'error', 'Host {host} failed: {reason}.'),
  'host.maintenance.requested': line(600, 'normal', '{user} moves host {host} to maintenance.'),
  'host.maintenance': line(15, 'normal', 'Host {host} is in maintenance.'),
  'host.activated': line(16, 'normal', 'Host {host} was activated by {user}.'),
  'host.maintenance.failed': line(17, 'error', 'Host {host} could not be moved to maintenance: {reason}.'),
  'host.added': line(42, 'normal', 'Host {host} was added by {user}.'),
  'host.updated': line(43, 'normal', 'Host {host} was changed by {user}.'),
  'host.removed': line(44, 'normal', 'Host {host} was removed by {user}.'),
  'host.installed': line(504, 'normal', 'Host {host} is installed.'),
  'host.install.failed': line(505, 'error', 'Host {host} could not be installed: {reason}.'),
  'host.install.progress': line(509, 'normal', 'Installing host {host}: {step}.'),
  'host.cpu_below_cluster': line(515, 'warning', 'The CPU of host {host} lacks what its cluster needs: {missing}.'),
  'host.nx_missing': line(601, 'warning', 'Host {host} has no-execute (NX) switched off.'),
  'host.non_operational': line(517, 'warning', 'Host {host} is non-operational: {reason}.'),
  'host.interface_down': line(603, 'warning', 'Network interface {nic} of host {host} is down.'),
  'host.not_responding': line(9027, 'error', 'Host {host} does not answer.'),
  'host.not_responding.alert': line(9008, 'alert', 'Host {host} does not answer and cannot be fenced: {reason}.'),
  'host.fence_status': line(496, 'normal', 'The power of host {host} is {status}.'),
  'host.facts.refreshed': line(606, 'normal', 'The facts of host {host} were read again.'),
  'host.update_check.failed': line(839, 'error', 'Looking for updates on host {host} failed: {reason}.'),
  'host.update_check.started': line(884, 'normal', 'Looking for updates on host {host}.'),
  'host.update_check.done': line(885, 'normal', 'Host {host}: {result}.'),
  'host.upgrade.started': line(840, 'normal', 'The upgrade of host {host} started.'),
  'host.upgrade.failed': line(841, 'error', 'The upgrade of host {host} failed: {reason}.'),
  'host.upgrade.done': line(842, 'normal', 'Host {host} is upgraded.'),
  'host.upgrade.reboot': line(888, 'normal', 'Host {host} is upgraded and restarts.'),
  'host.confirmed_rebooted': line(10200, 'warning', '{user} confirmed that host {host} was rebooted.'),
  'host.low_memory': line(531, 'warning', 'Host {host} has little free memory: {free}.'),
  'host.high_memory': line(532, 'warning', 'Host {host} uses much of its memory: {used}.'),
  'host.high_cpu': line(534, 'warning', 'Host {host} uses much of its CPUs: {used}.'),
  'data_center.added': line(950, 'normal', 'Data center {data_center} was added by {user}.'),
  'data_center.updated': line(952, 'normal', 'Data center {data_center} was changed by {user}.'),
  'data_center.removed': line(954, 'normal', 'Data center {data_center} was removed by {user}.'),
  'data_center.problematic': line(
    980,
    'error',
    'Data center {data_center} has no host that serves its storage: {reason}.',
  ),
  'data_center.spm': line(204, 'normal', 'Host {host} serves the storage of data center {data_center}.'),
  'data_center.master_out_of_sync': line(
    990,
    'error',
    'The master storage domain of {data_center} does not match the database.',
  ),
  'cluster.added': line(809, 'normal', 'Cluster {cluster} was added by {user}.'),
  'cluster.updated': line(811, 'normal', 'Cluster {cluster} was changed by {user}.'),
  'cluster.removed': line(813, 'normal', 'Cluster {cluster} was removed by {user}.'),
  'storage_domain.added': line(956, 'normal', 'Storage domain {storage_domain} was added by {user}.'),
  'storage_domain.add.failed': line(10300, 'error', 'Storage domain {storage_domain} could not be added: {reason}.'),
  'storage_domain.updated': line(10301, 'normal', 'Storage domain {storage_domain} was changed by {user}.'),
  'storage_domain.removed': line(960, 'normal', 'Storage domain {storage_domain} was removed by {user}.'),
  'storage_domain.attached': line(
    962,
    'normal',
    'Storage domain {storage_domain} was attached to {data_center} by {user}.',
  ),
  'storage_domain.detached': line(
    964,
    'normal',
    'Storage domain {storage_domain} was detached from {data_center} by {user}.',
  ),
  'storage_domain.activated': line(966, 'normal', 'Storage domain {storage_domain} is active.'),
  'storage_domain.deactivated': line(968, 'normal', 'Storage domain {storage_domain} was deactivated by {user}.'),
  'storage_domain.failed': line(10302, 'error', 'Storage domain {storage_domain} does not work: {reason}.'),
  'storage_domain.low_space': line(26, 'warning', 'Storage domain {storage_domain} has little free space: {free}.'),
  'storage_domain.critical_space': line(201, 'error', 'Storage domain {storage_domain} is nearly full: {free} left.'),
  'storage_domain.stats_failed': line(
    189,
    'error',
    'Host {host} could not read storage domain {storage_domain}: {reason}.',
  ),
  'disk.add.started': line(2020, 'normal', '{user} began to create disk {disk}.'),
  'disk.added': line(2021, 'normal', 'Disk {disk} is created.'),
  'disk.add.failed': line(2022, 'error', 'Disk {disk} could not be created: {reason}.'),
  'disk.updated': line(2036, 'normal', 'Disk {disk} was changed by {user}.'),
  'disk.removed': line(2014, 'normal', 'Disk {disk} was removed by {user}.'),
  'disk.remove.failed': line(2015, 'error', 'Disk {disk} could not be removed: {reason}.'),
  'transfer.started': line(1031, 'normal', '{user} began the {direction} of disk {disk}.'),
  'transfer.finished': line(1032, 'normal', 'The {direction} of disk {disk} is complete.'),
  'transfer.cancelled': line(1033, 'warning', 'The {direction} of disk {disk} was cancelled.'),
  'transfer.failed': line(1034, 'error', 'The {direction} of disk {disk} failed: {reason}.'),
  'network.added': line(942, 'normal', 'Network {network} was added by {user}.'),
  'network.updated': line(944, 'normal', 'Network {network} was changed by {user}.'),
  'network.removed': line(946, 'normal', 'Network {network} was removed by {user}.'),
  'vnic_profile.added': line(1122, 'normal', 'vNIC profile {vnic_profile} was added by {user}.'),
  'vnic_profile.updated': line(1124, 'normal', 'vNIC profile {vnic_profile} was changed by {user}.'),
  'vnic_profile.removed': line(1126, 'normal', 'vNIC profile {vnic_profile} was removed by {user}.'),
  'mac_pool.updated': line(10701, 'normal', 'MAC pool {mac_pool} was changed by {user}.'),
  'tag.added': line(432, 'normal', 'Tag {tag} was added by {user}.'),
  'tag.updated': line(430, 'normal', 'Tag {tag} was changed by {user}.'),
  'tag.removed': line(434, 'normal', 'Tag {tag} was removed by {user}.'),
  'tag.attached': line(436, 'normal', 'Tag {tag} was put on {object} by {user}.'),
  'tag.detached': line(438, 'normal', 'Tag {tag} was taken from {object} by {user}.'),
  'quota.exceeded': line(3007, 'error', 'The limit of {resource} of project {project} would be exceeded.'),
  'quota.below_consumption': line(
    3012,
    'warning',
    'The limit of {resource} of project {project} is below what is used.',
  ),
  'job.stuck': line(10001, 'alert', '"{description}" is stuck: {reason}. Retry or abandon it.'),
  'job.abandoned': line(10002, 'warning', '{user} abandoned "{description}".'),
  'job.retried': line(10003, 'normal', '{user} retried "{description}".'),
  'job.cancelled': line(10004, 'normal', '{user} cancelled "{description}".'),
  external: line(9801, 'normal', '{message}'),
  'external.warning': line(9802, 'warning', '{message}'),
  'external.error': line(9803, 'error', '{message}'),
  'external.alert': line(9804, 'alert', '{message}'),
} as const satisfies Record<string, EventKind>

/** The name of an event: what code here says; the outside sees its code. */
export type EventName = keyof typeof catalog

/** The sentence of an event; a place nobody filled shows as `<unknown>`. */
export function eventText(name: EventName, args: Readonly<Record<string, string | number>>): string {
  return catalog[name].text.replace(/\{([a-z_]+)\}/g, (_, place: string) => String(args[place] ?? '<unknown>'))
}
