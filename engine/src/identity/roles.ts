import { type Permit, permits } from './permits.ts'

/** A role that every installation has. */
export interface BuiltInRole {
  id: string
  name: string
  description: string
  administrative: boolean
  /** Whether its holder also sees what is below the object. */
  seesChildren: boolean
  permits: readonly Permit[]
}

const all = permits.map(permit => permit.name)
const some = (...patterns: RegExp[]): Permit[] => all.filter(name => patterns.some(pattern => pattern.test(name)))

const useVm: Permit[] = [
  'vm_basic_operations',
  'run_vm',
  'shut_down_vm',
  'stop_vm',
  'suspend_vm',
  'reboot_vm',
  'reset_vm',
  'change_vm_cd',
  'connect_to_vm',
  'login',
]
const shapeVm: Permit[] = [
  ...useVm,
  'edit_vm_properties',
  'delete_vm',
  'configure_vm_network',
  'configure_vm_storage',
  'manipulate_vm_snapshots',
  'reconnect_to_vm',
]
const shapeDisk: Permit[] = [
  'create_disk',
  'attach_disk',
  'edit_disk_properties',
  'configure_disk_storage',
  'delete_disk',
  'backup_disk',
]
const shapeTemplate: Permit[] = [
  'create_template',
  'edit_template_properties',
  'delete_template',
  'configure_template_network',
  'create_vm',
]
const manageVms: Permit[] = [
  ...some(/(^|_)vm(_|$)/),
  ...shapeDisk,
  'create_instance',
  'assign_vnic_profile',
  'create_template',
  'assign_cpu_profile',
  'attach_disk_profile',
  'manipulate_permissions',
  'manipulate_affinity_groups',
  'login',
]
const cluster: Permit[] = [
  ...some(/_host$|_host_|_cluster/),
  ...manageVms,
  'edit_host_configuration',
  'manipulate_host',
  'configure_network_vnic_profile',
]

const number = (n: number): string => n.toString(16).padStart(2, '0')
const ordinary = (n: number) => `def000${number(n)}-0000-0000-0000-def0000000${number(n)}`

const admin = (id: string, name: string, description: string, list: readonly Permit[]): BuiltInRole => ({
  id,
  name,
  description,
  administrative: true,
  seesChildren: true,
  permits: [...new Set(list)],
})
const user = (
  id: string,
  name: string,
  description: string,
  seesChildren: boolean,
  list: readonly Permit[],
): BuiltInRole => ({
  id,
  name,
  description,
  administrative: false,
  seesChildren,
  permits: [...new Set(list)],
})

/** oVirt's roles by name; the ids of SuperUser, UserRole, PowerUserRole and UserVmManager are the ones clients rely on (fact sheet 1.12). */
export const builtInRoles: readonly BuiltInRole[] = [
  admin('00000000-0000-0000-0000-000000000001', 'SuperUser', 'May do everything.', all),
  user('00000000-0000-0000-0001-000000000001', 'UserRole', 'Uses virtual machines.', true, useVm),
  user(
    '00000000-0000-0000-0001-000000000002',
    'PowerUserRole',
    'Creates and manages own virtual machines and templates.',
    true,
    [
      ...useVm,
      'create_vm',
      'create_instance',
      'create_template',
      'create_disk',
      'attach_disk',
      'assign_vnic_profile',
      'edit_profile',
    ],
  ),
  admin(ordinary(1), 'ClusterAdmin', 'Manages a cluster, its hosts and its virtual machines.', cluster),
  admin(ordinary(2), 'DataCenterAdmin', 'Manages a data center and all in it.', [
    ...cluster,
    ...some(/storage|network|template|quota|profile|mac_pool|disk/),
    'add_users_and_groups_from_directory',
    'tag_management',
  ]),
  admin(ordinary(3), 'StorageAdmin', 'Manages storage domains and disks.', [
    ...some(/storage_domain/),
    ...shapeDisk,
    'attach_disk_profile',
    'manipulate_permissions',
    'login',
  ]),
  admin(ordinary(4), 'HostAdmin', 'Manages a host.', [...some(/_host$|_host_/), 'manipulate_permissions', 'login']),
  admin(ordinary(5), 'NetworkAdmin', 'Manages networks and their profiles.', [
    ...some(/network|vnic/),
    'manipulate_permissions',
    'login',
  ]),
  user(ordinary(6), 'UserVmManager', 'Manages one virtual machine; given to its creator.', true, [
    ...shapeVm,
    ...shapeDisk,
    'manipulate_permissions',
    'migrate_vm',
    'edit_profile',
  ]),
  admin(ordinary(7), 'VmPoolAdmin', 'Manages pools of virtual machines.', [
    ...some(/vm_pool/),
    ...useVm,
    'create_vm',
    'manipulate_permissions',
  ]),
  admin(ordinary(8), 'TemplateAdmin', 'Manages templates.', [
    ...some(/template/),
    'create_vm',
    'manipulate_permissions',
    'login',
  ]),
  user(ordinary(9), 'UserTemplateBasedVm', 'Uses a template to create virtual machines.', false, [
    'create_vm',
    'create_instance',
    'login',
  ]),
  user(ordinary(10), 'QuotaConsumer', 'Uses up a quota.', false, ['consume_quota', 'login']),
  user(ordinary(11), 'DiskOperator', 'Manages a disk.', true, [...shapeDisk, 'manipulate_permissions', 'login']),
  user(ordinary(12), 'DiskCreator', 'Creates disks.', false, ['create_disk', 'attach_disk_profile', 'login']),
  user(ordinary(13), 'VmCreator', 'Creates virtual machines.', false, ['create_vm', 'create_instance', 'login']),
  user(ordinary(14), 'TemplateCreator', 'Creates templates.', false, ['create_template', 'login']),
  user(ordinary(15), 'TemplateOwner', 'Manages one template; given to its creator.', true, [
    ...shapeTemplate,
    'manipulate_permissions',
    'login',
  ]),
  user(ordinary(16), 'VnicProfileUser', 'Attaches network interfaces to a profile.', false, [
    'assign_vnic_profile',
    'login',
  ]),
  user(ordinary(17), 'UserVmRunTimeManager', 'Uses a virtual machine and changes it while it runs.', true, [
    ...useVm,
    'edit_vm_properties',
    'manipulate_vm_snapshots',
    'migrate_vm',
  ]),
  user(ordinary(18), 'InstanceCreator', 'Creates virtual machines from instance types.', false, [
    'create_instance',
    'login',
  ]),
  user(ordinary(19), 'UserInstanceManager', 'Manages one virtual machine made from an instance type.', true, [
    ...useVm,
    'delete_vm',
    'manipulate_vm_snapshots',
    'manipulate_permissions',
  ]),
  admin(ordinary(20), 'ReadOnlyAdmin', 'Sees everything and changes nothing.', ['login']),
  admin(ordinary(21), 'TagManager', 'Manages tags.', ['tag_management', 'login']),
  admin(ordinary(22), 'BookmarkManager', 'Manages bookmarks.', ['bookmark_management', 'login']),
  admin(ordinary(23), 'EventNotificationManager', 'Manages notifications of events.', [
    'event_notification_management',
    'login',
  ]),
  admin(ordinary(24), 'AuditLogManager', 'Manages the list of events.', ['audit_log_management', 'login']),
  admin(ordinary(25), 'MacPoolAdmin', 'Manages MAC pools.', [...some(/mac_pool/), 'manipulate_permissions', 'login']),
  user(ordinary(26), 'MacPoolUser', 'Uses a MAC pool.', false, ['configure_mac_pool', 'login']),
  user(ordinary(27), 'DiskProfileUser', 'Uses a disk profile.', false, ['attach_disk_profile', 'login']),
  user(ordinary(28), 'CpuProfileOperator', 'Uses a CPU profile.', false, ['assign_cpu_profile', 'login']),
  admin(ordinary(29), 'CpuProfileCreator', 'Manages CPU profiles.', [...some(/cpu_profile/), 'login']),
  user(ordinary(30), 'UserProfileEditor', 'Changes the own profile.', false, ['edit_profile', 'login']),
  admin(ordinary(31), 'VmImporterExporter', 'Imports and exports virtual machines.', ['import_export_vm', 'login']),
  admin(ordinary(32), 'ExternalEventsCreator', 'Adds events from outside.', ['inject_external_events', 'login']),
  admin(ordinary(33), 'ExternalTasksCreator', 'Adds tasks from outside.', ['inject_external_tasks', 'login']),
  admin(ordinary(34), 'GlusterAdmin', 'Known by name; this release has no Gluster volumes.', ['login']),
]

const byName = new Map(builtInRoles.map(role => [role.name, role]))

/** Id of a built-in role. */
export function roleId(name: string): string {
  const role = byName.get(name)
  if (role === undefined) throw new TypeError(`there is no built-in role "${name}"`)
  return role.id
}
