/**
 * oVirt's API types as a table: one row a type with its tag, its elements and the sub-collections that it links to.
 * Facts of the API model 4.6 (names and kinds of elements); everything that reads or writes XML and JSON follows this table.
 *
 * An element is written `name` (text), `name:b` (boolean), `name:i` (integer), `name:f` (decimal), `name:d` (date),
 * `name:E:Enum`, `name:Type`, `name:Type[]`, `name:E[]:Enum` or `name:s[]`.
 */
export interface TypeRow {
  tag: string
  fields: string
  links: string
}

export const typeTable = {
  Action: {
    tag: 'action',
    fields:
      'activate:b allow_partial_import:b async:b attach_wgt:b attachment:DiskAttachment authorized_key:AuthorizedKey auto_pinning_policy:E:AutoPinningPolicy certificates:Certificate[] check_connectivity:b clone:b clone_permissions:b cluster:Cluster collapse_snapshots:b comment commit_on_success:b connection:StorageConnection connectivity_timeout:i correlation_id data_center:DataCenter deploy_hosted_engine:b description directory discard_snapshots:b discovered_targets:IscsiDetails[] disk:Disk disk_profile:DiskProfile disks:Disk[] exclusive:b fault:Fault fence_type filename filter:b fix_layout:b follow force:b grace_period:GracePeriod host:Host image image_transfer:ImageTransfer import_as_template:b is_attached:b iscsi:IscsiDetails iscsi_targets:s[] job:Job lease:StorageDomainLease logical_units:LogicalUnit[] maintenance_after_restart:b maintenance_enabled:b migrate_vms_in_affinity_closure:b modified_bonds:HostNic[] modified_labels:NetworkLabel[] modified_network_attachments:NetworkAttachment[] name optimize_cpu_settings:b option:Option pause:b permission:Permission power_management:PowerManagement proxy_ticket:ProxyTicket quota:Quota reason reassign_bad_macs:b reboot:b registration_configuration:RegistrationConfiguration remote_viewer_connection_file removed_bonds:HostNic[] removed_labels:NetworkLabel[] removed_network_attachments:NetworkAttachment[] resolution_type restore_memory:b root_password seal:b snapshot:Snapshot source_host:Host ssh:Ssh status stop_gluster_service:b storage_domain:StorageDomain storage_domains:StorageDomain[] succeeded:b synchronized_network_attachments:NetworkAttachment[] template:Template ticket:Ticket timeout:i undeploy_hosted_engine:b upgrade_action:E:ClusterUpgradeAction upgrade_percent_complete:i use_cloud_init:b use_ignition:b use_initialization:b use_sysprep:b virtual_functions_configuration:HostNicVirtualFunctionsConfiguration vm:Vm vnic_profile_mappings:VnicProfileMapping[] volatile:b',
    links: '',
  },
  Fault: {
    tag: 'fault',
    fields: 'detail reason',
    links: '',
  },
  Api: {
    tag: 'api',
    fields:
      'authenticated_user:User effective_user:User engine_backup:EngineBackupInfo product_info:ProductInfo special_objects:SpecialObjects summary:ApiSummary time:d',
    links: '',
  },
  ProductInfo: {
    tag: 'product_info',
    fields: 'instance_id name vendor version:Version',
    links: '',
  },
  SpecialObjects: {
    tag: 'special_objects',
    fields: 'blank_template:Template root_tag:Tag',
    links: '',
  },
  ApiSummary: {
    tag: 'api_summary',
    fields: 'hosts:ApiSummaryItem storage_domains:ApiSummaryItem users:ApiSummaryItem vms:ApiSummaryItem',
    links: '',
  },
  Version: {
    tag: 'version',
    fields: 'build:i comment description full_version major:i minor:i name revision:i',
    links: '',
  },
  DataCenter: {
    tag: 'data_center',
    fields:
      'clusters:Cluster[] comment description iscsi_bonds:IscsiBond[] local:b mac_pool:MacPool name networks:Network[] permissions:Permission[] qoss:Qos[] quota_mode:E:QuotaModeType quotas:Quota[] status:E:DataCenterStatus storage_domains:StorageDomain[] storage_format:E:StorageFormat supported_versions:Version[] version:Version',
    links: 'clusters iscsibonds networks permissions qoss quotas storagedomains',
  },
  Cluster: {
    tag: 'cluster',
    fields:
      'affinity_groups:AffinityGroup[] ballooning_enabled:b bios_type:E:BiosType comment cpu:Cpu cpu_profiles:CpuProfile[] custom_scheduling_policy_properties:Property[] data_center:DataCenter description display:Display enabled_features:ClusterFeature[] error_handling:ErrorHandling external_network_providers:ExternalProvider[] fencing_policy:FencingPolicy fips_mode:E:FipsMode firewall_type:E:FirewallType gluster_service:b gluster_tuned_profile ha_reservation:b ksm:Ksm log_max_memory_used_threshold:i log_max_memory_used_threshold_type:E:LogMaxMemoryUsedThresholdType mac_pool:MacPool maintenance_reason_required:b management_network:Network memory_policy:MemoryPolicy migration:MigrationOptions name network_filters:NetworkFilter[] networks:Network[] optional_reason:b permissions:Permission[] required_rng_sources:E[]:RngSource scheduling_policy:SchedulingPolicy serial_number:SerialNumber supported_versions:Version[] switch_type:E:SwitchType threads_as_cores:b trusted_service:b tunnel_migration:b upgrade_correlation_id upgrade_in_progress:b upgrade_percent_complete:i version:Version virt_service:b vnc_encryption:b',
    links: 'affinitygroups cpuprofiles enabledfeatures externalnetworkproviders networkfilters networks permissions',
  },
  ClusterLevel: {
    tag: 'cluster_level',
    fields: 'cluster_features:ClusterFeature[] comment cpu_types:CpuType[] description name permits:Permit[]',
    links: 'clusterfeatures',
  },
  ClusterFeature: {
    tag: 'cluster_feature',
    fields: 'cluster_level:ClusterLevel comment description name',
    links: '',
  },
  CpuType: {
    tag: 'cpu_type',
    fields: 'architecture:E:Architecture level:i name',
    links: '',
  },
  CpuProfile: {
    tag: 'cpu_profile',
    fields: 'cluster:Cluster comment description name permissions:Permission[] qos:Qos',
    links: 'permissions',
  },
  MemoryPolicy: {
    tag: 'memory_policy',
    fields: 'ballooning:b guaranteed:i max:i over_commit:MemoryOverCommit transparent_hugepages:TransparentHugePages',
    links: '',
  },
  MemoryOverCommit: {
    tag: 'memory_over_commit',
    fields: 'percent:i',
    links: '',
  },
  Ksm: {
    tag: 'ksm',
    fields: 'enabled:b merge_across_nodes:b',
    links: '',
  },
  MigrationOptions: {
    tag: 'migration',
    fields:
      'auto_converge:E:InheritableBoolean bandwidth:MigrationBandwidth compressed:E:InheritableBoolean custom_parallel_migrations:i encrypted:E:InheritableBoolean parallel_migrations_policy:E:ParallelMigrationsPolicy policy:MigrationPolicy',
    links: '',
  },
  MigrationBandwidth: {
    tag: 'migration_bandwidth',
    fields: 'assignment_method:E:MigrationBandwidthAssignmentMethod custom_value:i',
    links: '',
  },
  MigrationPolicy: {
    tag: 'migration_policy',
    fields: 'comment description name',
    links: '',
  },
  ErrorHandling: {
    tag: 'error_handling',
    fields: 'on_error:E:MigrateOnError',
    links: '',
  },
  FencingPolicy: {
    tag: 'fencing_policy',
    fields:
      'enabled:b skip_if_connectivity_broken:SkipIfConnectivityBroken skip_if_gluster_bricks_up:b skip_if_gluster_quorum_not_met:b skip_if_sd_active:SkipIfSdActive',
    links: '',
  },
  SchedulingPolicy: {
    tag: 'scheduling_policy',
    fields:
      'balances:Balance[] comment default_policy:b description filters:Filter[] locked:b name properties:Property[] weight:Weight[]',
    links: 'balances filters weight',
  },
  SchedulingPolicyUnit: {
    tag: 'scheduling_policy_unit',
    fields: 'comment description enabled:b internal:b name properties:Property[] type:E:PolicyUnitType',
    links: '',
  },
  Weight: {
    tag: 'weight',
    fields:
      'comment description factor:i name scheduling_policy:SchedulingPolicy scheduling_policy_unit:SchedulingPolicyUnit',
    links: '',
  },
  Filter: {
    tag: 'filter',
    fields: 'comment description name position:i scheduling_policy_unit:SchedulingPolicyUnit',
    links: '',
  },
  Balance: {
    tag: 'balance',
    fields: 'comment description name scheduling_policy:SchedulingPolicy scheduling_policy_unit:SchedulingPolicyUnit',
    links: '',
  },
  Property: {
    tag: 'property',
    fields: 'name value',
    links: '',
  },
  Host: {
    tag: 'host',
    fields:
      'address affinity_labels:AffinityLabel[] agents:Agent[] auto_numa_status:E:AutoNumaStatus certificate:Certificate cluster:Cluster comment cpu:Cpu cpu_units:HostCpuUnit[] description device_passthrough:HostDevicePassthrough devices:HostDevice[] display:Display external_host_provider:ExternalHostProvider external_network_provider_configurations:ExternalNetworkProviderConfiguration[] external_status:E:ExternalStatus hardware_information:HardwareInformation hooks:Hook[] hosted_engine:HostedEngine iscsi:IscsiDetails kdump_status:E:KdumpStatus ksm:Ksm libvirt_version:Version max_scheduling_memory:i memory:i name network_attachments:NetworkAttachment[] network_operation_in_progress:b nics:HostNic[] host_numa_nodes:NumaNode[] numa_supported:b os:OperatingSystem override_iptables:b ovn_configured:b permissions:Permission[] port:i power_management:PowerManagement protocol:E:HostProtocol reinstallation_required:b root_password se_linux:SeLinux spm:Spm ssh:Ssh statistics:Statistic[] status:E:HostStatus status_detail storage_connection_extensions:StorageConnectionExtension[] storages:HostStorage[] summary:VmSummary tags:Tag[] transparent_hugepages:TransparentHugePages type:E:HostType unmanaged_networks:UnmanagedNetwork[] update_available:b version:Version vgpu_placement:E:VgpuPlacement',
    links:
      'affinitylabels agents cpuunits devices externalnetworkproviderconfigurations hooks networkattachments nics numanodes permissions statistics storageconnectionextensions storages tags unmanagednetworks',
  },
  Spm: {
    tag: 'spm',
    fields: 'priority:i status:E:SpmStatus',
    links: '',
  },
  Ssh: {
    tag: 'ssh',
    fields:
      'authentication_method:E:SshAuthenticationMethod comment description fingerprint name port:i public_key user:User',
    links: '',
  },
  PowerManagement: {
    tag: 'power_management',
    fields:
      'address agents:Agent[] automatic_pm_enabled:b enabled:b kdump_detection:b options:Option[] password pm_proxies:PmProxy[] status:E:PowerManagementStatus type username',
    links: '',
  },
  Agent: {
    tag: 'agent',
    fields:
      'address comment concurrent:b description encrypt_options:b host:Host name options:Option[] order:i password port:i type username',
    links: '',
  },
  PmProxy: {
    tag: 'pm_proxy',
    fields: 'type:E:PmProxyType',
    links: '',
  },
  Cpu: {
    tag: 'cpu',
    fields:
      'architecture:E:Architecture cores:Core[] cpu_tune:CpuTune level:i mode:E:CpuMode name speed:f topology:CpuTopology type',
    links: '',
  },
  CpuTopology: {
    tag: 'cpu_topology',
    fields: 'cores:i sockets:i threads:i',
    links: '',
  },
  CpuTune: {
    tag: 'cpu_tune',
    fields: 'vcpu_pins:VcpuPin[]',
    links: '',
  },
  VcpuPin: {
    tag: 'vcpu_pin',
    fields: 'cpu_set vcpu:i',
    links: '',
  },
  Core: {
    tag: 'core',
    fields: 'index:i socket:i',
    links: '',
  },
  HardwareInformation: {
    tag: 'hardware_information',
    fields: 'family manufacturer product_name serial_number supported_rng_sources:E[]:RngSource uuid version',
    links: '',
  },
  OperatingSystem: {
    tag: 'os',
    fields:
      'boot:Boot cmdline custom_kernel_cmdline description initrd kernel reported_kernel_cmdline type version:Version',
    links: '',
  },
  Boot: {
    tag: 'boot',
    fields: 'devices:E[]:BootDevice',
    links: '',
  },
  Bios: {
    tag: 'bios',
    fields: 'boot_menu:BootMenu type:E:BiosType',
    links: '',
  },
  BootMenu: {
    tag: 'boot_menu',
    fields: 'enabled:b',
    links: '',
  },
  Hook: {
    tag: 'hook',
    fields: 'comment description event_name host:Host md5 name',
    links: '',
  },
  HostDevice: {
    tag: 'host_device',
    fields:
      'capability comment description driver host:Host iommu_group:i m_dev_types:MDevType[] name parent_device:HostDevice physical_function:HostDevice placeholder:b product:Product vendor:Vendor virtual_functions:i vm:Vm',
    links: '',
  },
  NumaNode: {
    tag: 'host_numa_node',
    fields: 'comment cpu:Cpu description host:Host index:i memory:i name node_distance statistics:Statistic[]',
    links: 'statistics',
  },
  VmSummary: {
    tag: 'vm_summary',
    fields: 'active:i migrating:i total:i',
    links: '',
  },
  SeLinux: {
    tag: 'se_linux',
    fields: 'mode:E:SeLinuxMode',
    links: '',
  },
  Certificate: {
    tag: 'certificate',
    fields: 'comment content description name organization subject',
    links: '',
  },
  HostNic: {
    tag: 'host_nic',
    fields:
      'ad_aggregator_id:i base_interface bonding:Bonding boot_protocol:E:BootProtocol bridged:b check_connectivity:b comment custom_configuration:b description host:Host ip:Ip ipv6:Ip ipv6_boot_protocol:E:BootProtocol mac:Mac mtu:i name network:Network network_labels:NetworkLabel[] override_configuration:b physical_function:HostNic properties:Property[] qos:Qos speed:i statistics:Statistic[] status:E:NicStatus virtual_functions_configuration:HostNicVirtualFunctionsConfiguration vlan:Vlan',
    links: 'networklabels statistics',
  },
  Bonding: {
    tag: 'bonding',
    fields: 'active_slave:HostNic ad_partner_mac:Mac options:Option[] slaves:HostNic[]',
    links: '',
  },
  Ip: {
    tag: 'ip',
    fields: 'address gateway netmask version:E:IpVersion',
    links: '',
  },
  IpAddressAssignment: {
    tag: 'ip_address_assignment',
    fields: 'assignment_method:E:BootProtocol ip:Ip',
    links: '',
  },
  NetworkAttachment: {
    tag: 'network_attachment',
    fields:
      'comment description dns_resolver_configuration:DnsResolverConfiguration host:Host host_nic:HostNic in_sync:b ip_address_assignments:IpAddressAssignment[] name network:Network properties:Property[] qos:Qos reported_configurations:ReportedConfiguration[]',
    links: '',
  },
  Option: {
    tag: 'option',
    fields: 'name type value',
    links: '',
  },
  NetworkLabel: {
    tag: 'network_label',
    fields: 'comment description host_nic:HostNic name network:Network',
    links: '',
  },
  UnmanagedNetwork: {
    tag: 'unmanaged_network',
    fields: 'comment description host:Host host_nic:HostNic name',
    links: '',
  },
  HostNicVirtualFunctionsConfiguration: {
    tag: 'host_nic_virtual_functions_configuration',
    fields: 'all_networks_allowed:b max_number_of_virtual_functions:i number_of_virtual_functions:i',
    links: '',
  },
  DnsResolverConfiguration: {
    tag: 'dns_resolver_configuration',
    fields: 'name_servers:s[]',
    links: '',
  },
  Network: {
    tag: 'network',
    fields:
      'cluster:Cluster comment data_center:DataCenter description display:b dns_resolver_configuration:DnsResolverConfiguration external_provider:OpenStackNetworkProvider external_provider_physical_network:Network ip:Ip mtu:i name network_labels:NetworkLabel[] permissions:Permission[] port_isolation:b profile_required:b qos:Qos required:b status:E:NetworkStatus stp:b usages:E[]:NetworkUsage vdsm_name vlan:Vlan vnic_profiles:VnicProfile[]',
    links: 'networklabels permissions vnicprofiles',
  },
  Vlan: {
    tag: 'vlan',
    fields: '',
    links: '',
  },
  NetworkFilter: {
    tag: 'network_filter',
    fields: 'comment description name version:Version',
    links: '',
  },
  VnicProfile: {
    tag: 'vnic_profile',
    fields:
      'comment custom_properties:CustomProperty[] description failover:VnicProfile migratable:b name network:Network network_filter:NetworkFilter pass_through:VnicPassThrough permissions:Permission[] port_mirroring:b qos:Qos',
    links: 'permissions',
  },
  VnicPassThrough: {
    tag: 'vnic_pass_through',
    fields: 'mode:E:VnicPassThroughMode',
    links: '',
  },
  NetworkFilterParameter: {
    tag: 'network_filter_parameter',
    fields: 'comment description name nic:Nic value',
    links: '',
  },
  VnicProfileMapping: {
    tag: 'vnic_profile_mapping',
    fields: 'source_network_name source_network_profile_name target_vnic_profile:VnicProfile',
    links: '',
  },
  Qos: {
    tag: 'qos',
    fields:
      'comment cpu_limit:i data_center:DataCenter description inbound_average:i inbound_burst:i inbound_peak:i max_iops:i max_read_iops:i max_read_throughput:i max_throughput:i max_write_iops:i max_write_throughput:i name outbound_average:i outbound_average_linkshare:i outbound_average_realtime:i outbound_average_upperlimit:i outbound_burst:i outbound_peak:i type:E:QosType',
    links: '',
  },
  StorageConnection: {
    tag: 'storage_connection',
    fields:
      'address comment description host:Host mount_options name nfs_retrans:i nfs_timeo:i nfs_version:E:NfsVersion password path port:i portal target type:E:StorageType username vfs_type',
    links: '',
  },
  HostStorage: {
    tag: 'host_storage',
    fields:
      'address comment description driver_options:Property[] driver_sensitive_options:Property[] host:Host logical_units:LogicalUnit[] mount_options name nfs_retrans:i nfs_timeo:i nfs_version:E:NfsVersion override_luns:b password path port:i portal target type:E:StorageType username vfs_type volume_group:VolumeGroup',
    links: '',
  },
  LogicalUnit: {
    tag: 'logical_unit',
    fields:
      'active_paths:i address discard_max_size:i discard_zeroes_data:b disk_id lun_mapping:i password paths:i port:i portal product_id serial size:i status:E:LunStatus storage_domain_id target username vendor_id volume_group_id',
    links: '',
  },
  VolumeGroup: {
    tag: 'volume_group',
    fields: 'logical_units:LogicalUnit[] name',
    links: '',
  },
  StorageDomain: {
    tag: 'storage_domain',
    fields:
      'available:i backup:b block_size:i comment committed:i critical_space_action_blocker:i data_center:DataCenter data_centers:DataCenter[] description discard_after_delete:b disk_profiles:DiskProfile[] disk_snapshots:DiskSnapshot[] disks:Disk[] external_status:E:ExternalStatus files:File[] host:Host images:Image[] import:b master:b name permissions:Permission[] status:E:StorageDomainStatus storage:HostStorage storage_connections:StorageConnection[] storage_format:E:StorageFormat supports_discard:b supports_discard_zeroes_data:b templates:Template[] type:E:StorageDomainType used:i vms:Vm[] warning_low_space_indicator:i wipe_after_delete:b',
    links: 'datacenters diskprofiles disksnapshots disks files images permissions storageconnections templates vms',
  },
  StorageDomainLease: {
    tag: 'storage_domain_lease',
    fields: 'storage_domain:StorageDomain',
    links: '',
  },
  File: {
    tag: 'file',
    fields: 'comment content description name storage_domain:StorageDomain type',
    links: '',
  },
  Image: {
    tag: 'image',
    fields: 'comment description name size:i storage_domain:StorageDomain type:E:ImageFileType',
    links: '',
  },
  Disk: {
    tag: 'disk',
    fields:
      'active:b actual_size:i alias backup:E:DiskBackup backup_mode:E:DiskBackupMode bootable:b comment content_type:E:DiskContentType description disk_profile:DiskProfile disk_snapshots:DiskSnapshot[] external_disk format:E:DiskFormat image_id initial_size:i instance_type:InstanceType interface:E:DiskInterface logical_name lun_storage:HostStorage name openstack_volume_type:OpenStackVolumeType permissions:Permission[] propagate_errors:b provisioned_size:i qcow_version:E:QcowVersion quota:Quota read_only:b sgio:E:ScsiGenericIO shareable:b snapshot:Snapshot sparse:b statistics:Statistic[] status:E:DiskStatus storage_domain:StorageDomain storage_domains:StorageDomain[] storage_type:E:DiskStorageType template:Template total_size:i uses_scsi_reservation:b vm:Vm vms:Vm[] wipe_after_delete:b',
    links: 'disksnapshots permissions statistics storagedomains vms',
  },
  DiskAttachment: {
    tag: 'disk_attachment',
    fields:
      'active:b bootable:b comment description disk:Disk interface:E:DiskInterface logical_name name pass_discard:b read_only:b template:Template uses_scsi_reservation:b vm:Vm',
    links: '',
  },
  DiskSnapshot: {
    tag: 'disk_snapshot',
    fields:
      'active:b actual_size:i alias backup:E:DiskBackup backup_mode:E:DiskBackupMode bootable:b comment content_type:E:DiskContentType description disk:Disk disk_profile:DiskProfile disk_snapshots:DiskSnapshot[] external_disk format:E:DiskFormat image_id initial_size:i instance_type:InstanceType interface:E:DiskInterface logical_name lun_storage:HostStorage name openstack_volume_type:OpenStackVolumeType parent:DiskSnapshot permissions:Permission[] propagate_errors:b provisioned_size:i qcow_version:E:QcowVersion quota:Quota read_only:b sgio:E:ScsiGenericIO shareable:b snapshot:Snapshot sparse:b statistics:Statistic[] status:E:DiskStatus storage_domain:StorageDomain storage_domains:StorageDomain[] storage_type:E:DiskStorageType template:Template total_size:i uses_scsi_reservation:b vm:Vm vms:Vm[] wipe_after_delete:b',
    links: 'disksnapshots permissions statistics storagedomains vms',
  },
  DiskProfile: {
    tag: 'disk_profile',
    fields: 'comment description name permissions:Permission[] qos:Qos storage_domain:StorageDomain',
    links: 'permissions',
  },
  ImageTransfer: {
    tag: 'image_transfer',
    fields:
      'active:b backup:Backup comment description direction:E:ImageTransferDirection disk:Disk format:E:DiskFormat host:Host image:Image inactivity_timeout:i name phase:E:ImageTransferPhase proxy_url shallow:b snapshot:DiskSnapshot timeout_policy:E:ImageTransferTimeoutPolicy transfer_url transferred:i',
    links: '',
  },
  Backup: {
    tag: 'backup',
    fields:
      'comment creation_date:d description disks:Disk[] from_checkpoint_id host:Host modification_date:d name phase:E:BackupPhase snapshot:Snapshot to_checkpoint_id vm:Vm',
    links: 'disks',
  },
  Checkpoint: {
    tag: 'checkpoint',
    fields: 'comment creation_date:d description disks:Disk[] name parent_id state:E:CheckpointState vm:Vm',
    links: 'disks',
  },
  Vm: {
    tag: 'vm',
    fields:
      'affinity_labels:AffinityLabel[] applications:Application[] auto_pinning_policy:E:AutoPinningPolicy bios:Bios cdroms:Cdrom[] cluster:Cluster comment console:Console cpu:Cpu cpu_pinning_policy:E:CpuPinningPolicy cpu_profile:CpuProfile cpu_shares:i creation_time:d custom_compatibility_version:Version custom_cpu_model custom_emulated_machine custom_properties:CustomProperty[] delete_protected:b description disk_attachments:DiskAttachment[] display:Display domain:Domain dynamic_cpu:DynamicCpu external_host_provider:ExternalHostProvider floppies:Floppy[] fqdn graphics_consoles:GraphicsConsole[] guest_operating_system:GuestOperatingSystem guest_time_zone:TimeZone has_illegal_images:b high_availability:HighAvailability host:Host host_devices:HostDevice[] initialization:Initialization instance_type:InstanceType io:Io large_icon:Icon lease:StorageDomainLease mediated_devices:VmMediatedDevice[] memory:i memory_policy:MemoryPolicy migration:MigrationOptions migration_downtime:i multi_queues_enabled:b name next_run_configuration_exists:b nics:Nic[] host_numa_nodes:NumaNode[] numa_tune_mode:E:NumaTuneMode origin original_template:Template os:OperatingSystem payloads:Payload[] permissions:Permission[] placement_policy:VmPlacementPolicy quota:Quota reported_devices:ReportedDevice[] rng_device:RngDevice run_once:b serial_number:SerialNumber sessions:Session[] small_icon:Icon snapshots:Snapshot[] soundcard_enabled:b sso:Sso start_paused:b start_time:d stateless:b statistics:Statistic[] status:E:VmStatus status_detail stop_reason stop_time:d storage_domain:StorageDomain storage_error_resume_behaviour:E:VmStorageErrorResumeBehaviour tags:Tag[] template:Template time_zone:TimeZone tpm_enabled:b tunnel_migration:b type:E:VmType usb:Usb use_latest_template_version:b virtio_scsi:VirtioScsi virtio_scsi_multi_queues:i virtio_scsi_multi_queues_enabled:b vm_pool:VmPool watchdogs:Watchdog[]',
    links:
      'affinitylabels applications cdroms diskattachments floppies graphicsconsoles hostdevices mediateddevices nics numanodes permissions reporteddevices sessions snapshots statistics tags watchdogs',
  },
  VmPlacementPolicy: {
    tag: 'placement_policy',
    fields: 'affinity:E:VmAffinity hosts:Host[]',
    links: 'hosts',
  },
  HighAvailability: {
    tag: 'high_availability',
    fields: 'enabled:b priority:i',
    links: '',
  },
  Display: {
    tag: 'display',
    fields:
      'address allow_override:b certificate:Certificate copy_paste_enabled:b disconnect_action disconnect_action_delay:i file_transfer_enabled:b keyboard_layout monitors:i port:i proxy secure_port:i single_qxl_pci:b smartcard_enabled:b type:E:DisplayType video_type:E:VideoType',
    links: '',
  },
  Usb: {
    tag: 'usb',
    fields: 'enabled:b type:E:UsbType',
    links: '',
  },
  VirtioScsi: {
    tag: 'virtio_scsi',
    fields: 'enabled:b',
    links: '',
  },
  Io: {
    tag: 'io',
    fields: 'threads:i',
    links: '',
  },
  Console: {
    tag: 'console',
    fields: 'enabled:b',
    links: '',
  },
  RngDevice: {
    tag: 'rng_device',
    fields: 'rate:Rate source:E:RngSource',
    links: '',
  },
  Rate: {
    tag: 'rate',
    fields: 'bytes:i period:i',
    links: '',
  },
  TimeZone: {
    tag: 'time_zone',
    fields: 'name utc_offset',
    links: '',
  },
  CustomProperty: {
    tag: 'custom_property',
    fields: 'name regexp value',
    links: '',
  },
  Payload: {
    tag: 'payload',
    fields: 'files:File[] type:E:VmDeviceType volume_id',
    links: '',
  },
  Initialization: {
    tag: 'initialization',
    fields:
      'active_directory_ou authorized_ssh_keys cloud_init:CloudInit cloud_init_network_protocol:E:CloudInitNetworkProtocol configuration:Configuration custom_script dns_search dns_servers domain host_name input_locale nic_configurations:NicConfiguration[] org_name regenerate_ids:b regenerate_ssh_keys:b root_password system_locale timezone ui_language user_locale user_name windows_license_key',
    links: '',
  },
  CloudInit: {
    tag: 'cloud_init',
    fields:
      'authorized_keys:AuthorizedKey[] files:File[] host:Host network_configuration:NetworkConfiguration regenerate_ssh_keys:b timezone users:User[]',
    links: '',
  },
  NicConfiguration: {
    tag: 'nic_configuration',
    fields: 'boot_protocol:E:BootProtocol ip:Ip ipv6:Ip ipv6_boot_protocol:E:BootProtocol name on_boot:b',
    links: '',
  },
  AuthorizedKey: {
    tag: 'authorized_key',
    fields: 'comment description key name user:User',
    links: '',
  },
  Configuration: {
    tag: 'configuration',
    fields: 'data type:E:ConfigurationType',
    links: '',
  },
  Cdrom: {
    tag: 'cdrom',
    fields: 'comment description file:File instance_type:InstanceType name template:Template vm:Vm vms:Vm[]',
    links: 'vms',
  },
  Floppy: {
    tag: 'floppy',
    fields: 'comment description file:File instance_type:InstanceType name template:Template vm:Vm vms:Vm[]',
    links: 'vms',
  },
  Nic: {
    tag: 'nic',
    fields:
      'boot_protocol:E:BootProtocol comment description instance_type:InstanceType interface:E:NicInterface linked:b mac:Mac name network:Network network_attachments:NetworkAttachment[] network_filter_parameters:NetworkFilterParameter[] network_labels:NetworkLabel[] on_boot:b plugged:b reported_devices:ReportedDevice[] statistics:Statistic[] synced:b template:Template virtual_function_allowed_labels:NetworkLabel[] virtual_function_allowed_networks:Network[] vm:Vm vms:Vm[] vnic_profile:VnicProfile',
    links:
      'networkattachments networkfilterparameters networklabels reporteddevices statistics virtualfunctionallowedlabels virtualfunctionallowednetworks vms',
  },
  Mac: {
    tag: 'mac',
    fields: 'address',
    links: '',
  },
  ReportedDevice: {
    tag: 'reported_device',
    fields: 'comment description ips:Ip[] mac:Mac name type:E:ReportedDeviceType vm:Vm',
    links: '',
  },
  GraphicsConsole: {
    tag: 'graphics_console',
    fields:
      'address comment description instance_type:InstanceType name port:i protocol:E:GraphicsType template:Template tls_port:i vm:Vm',
    links: '',
  },
  Ticket: {
    tag: 'ticket',
    fields: 'expiry:i value',
    links: '',
  },
  ProxyTicket: {
    tag: 'proxy_ticket',
    fields: 'value',
    links: '',
  },
  Snapshot: {
    tag: 'snapshot',
    fields:
      'affinity_labels:AffinityLabel[] applications:Application[] auto_pinning_policy:E:AutoPinningPolicy bios:Bios cdroms:Cdrom[] cluster:Cluster comment console:Console cpu:Cpu cpu_pinning_policy:E:CpuPinningPolicy cpu_profile:CpuProfile cpu_shares:i creation_time:d custom_compatibility_version:Version custom_cpu_model custom_emulated_machine custom_properties:CustomProperty[] date:d delete_protected:b description disk_attachments:DiskAttachment[] disks:Disk[] display:Display domain:Domain dynamic_cpu:DynamicCpu external_host_provider:ExternalHostProvider floppies:Floppy[] fqdn graphics_consoles:GraphicsConsole[] guest_operating_system:GuestOperatingSystem guest_time_zone:TimeZone has_illegal_images:b high_availability:HighAvailability host:Host host_devices:HostDevice[] initialization:Initialization instance_type:InstanceType io:Io large_icon:Icon lease:StorageDomainLease mediated_devices:VmMediatedDevice[] memory:i memory_policy:MemoryPolicy migration:MigrationOptions migration_downtime:i multi_queues_enabled:b name next_run_configuration_exists:b nics:Nic[] host_numa_nodes:NumaNode[] numa_tune_mode:E:NumaTuneMode origin original_template:Template os:OperatingSystem payloads:Payload[] permissions:Permission[] persist_memorystate:b placement_policy:VmPlacementPolicy quota:Quota reported_devices:ReportedDevice[] rng_device:RngDevice run_once:b serial_number:SerialNumber sessions:Session[] small_icon:Icon snapshot_status:E:SnapshotStatus snapshot_type:E:SnapshotType snapshots:Snapshot[] soundcard_enabled:b sso:Sso start_paused:b start_time:d stateless:b statistics:Statistic[] status:E:VmStatus status_detail stop_reason stop_time:d storage_domain:StorageDomain storage_error_resume_behaviour:E:VmStorageErrorResumeBehaviour tags:Tag[] template:Template time_zone:TimeZone tpm_enabled:b tunnel_migration:b type:E:VmType usb:Usb use_latest_template_version:b virtio_scsi:VirtioScsi virtio_scsi_multi_queues:i virtio_scsi_multi_queues_enabled:b vm:Vm vm_pool:VmPool watchdogs:Watchdog[]',
    links:
      'affinitylabels applications cdroms diskattachments disks floppies graphicsconsoles hostdevices mediateddevices nics numanodes permissions reporteddevices sessions snapshots statistics tags watchdogs',
  },
  Session: {
    tag: 'session',
    fields: 'comment console_user:b description ip:Ip name protocol user:User vm:Vm',
    links: '',
  },
  Application: {
    tag: 'application',
    fields: 'comment description name vm:Vm',
    links: '',
  },
  GuestOperatingSystem: {
    tag: 'guest_operating_system',
    fields: 'architecture codename distribution family kernel:Kernel version:Version',
    links: '',
  },
  Watchdog: {
    tag: 'watchdog',
    fields:
      'action:E:WatchdogAction comment description instance_type:InstanceType model:E:WatchdogModel name template:Template vm:Vm vms:Vm[]',
    links: 'vms',
  },
  VmMediatedDevice: {
    tag: 'vm_mediated_device',
    fields:
      'comment description instance_type:InstanceType name spec_params:Property[] template:Template vm:Vm vms:Vm[]',
    links: 'vms',
  },
  VirtualNumaNode: {
    tag: 'vm_numa_node',
    fields:
      'comment cpu:Cpu description host:Host index:i memory:i name node_distance numa_node_pins:NumaNodePin[] numa_tune_mode:E:NumaTuneMode statistics:Statistic[] vm:Vm',
    links: 'statistics',
  },
  Statistic: {
    tag: 'statistic',
    fields:
      'comment description disk:Disk host:Host host_nic:HostNic host_numa_node:NumaNode kind:E:StatisticKind name nic:Nic step:Step type:E:ValueType unit:E:StatisticUnit values:Value[] vm:Vm',
    links: '',
  },
  Value: {
    tag: 'value',
    fields: 'datum:f detail',
    links: '',
  },
  Template: {
    tag: 'template',
    fields:
      'auto_pinning_policy:E:AutoPinningPolicy bios:Bios cdroms:Cdrom[] cluster:Cluster comment console:Console cpu:Cpu cpu_pinning_policy:E:CpuPinningPolicy cpu_profile:CpuProfile cpu_shares:i creation_time:d custom_compatibility_version:Version custom_cpu_model custom_emulated_machine custom_properties:CustomProperty[] delete_protected:b description disk_attachments:DiskAttachment[] display:Display domain:Domain graphics_consoles:GraphicsConsole[] high_availability:HighAvailability initialization:Initialization io:Io large_icon:Icon lease:StorageDomainLease mediated_devices:VmMediatedDevice[] memory:i memory_policy:MemoryPolicy migration:MigrationOptions migration_downtime:i multi_queues_enabled:b name nics:Nic[] origin os:OperatingSystem permissions:Permission[] placement_policy:VmPlacementPolicy quota:Quota rng_device:RngDevice serial_number:SerialNumber small_icon:Icon soundcard_enabled:b sso:Sso start_paused:b stateless:b status:E:TemplateStatus storage_domain:StorageDomain storage_error_resume_behaviour:E:VmStorageErrorResumeBehaviour tags:Tag[] time_zone:TimeZone tpm_enabled:b tunnel_migration:b type:E:VmType usb:Usb version:TemplateVersion virtio_scsi:VirtioScsi virtio_scsi_multi_queues:i virtio_scsi_multi_queues_enabled:b vm:Vm watchdogs:Watchdog[]',
    links: 'cdroms diskattachments graphicsconsoles mediateddevices nics permissions tags watchdogs',
  },
  TemplateVersion: {
    tag: 'template_version',
    fields: 'base_template:Template version_name version_number:i',
    links: '',
  },
  InstanceType: {
    tag: 'instance_type',
    fields:
      'auto_pinning_policy:E:AutoPinningPolicy bios:Bios cdroms:Cdrom[] cluster:Cluster comment console:Console cpu:Cpu cpu_pinning_policy:E:CpuPinningPolicy cpu_profile:CpuProfile cpu_shares:i creation_time:d custom_compatibility_version:Version custom_cpu_model custom_emulated_machine custom_properties:CustomProperty[] delete_protected:b description disk_attachments:DiskAttachment[] display:Display domain:Domain graphics_consoles:GraphicsConsole[] high_availability:HighAvailability initialization:Initialization io:Io large_icon:Icon lease:StorageDomainLease mediated_devices:VmMediatedDevice[] memory:i memory_policy:MemoryPolicy migration:MigrationOptions migration_downtime:i multi_queues_enabled:b name nics:Nic[] origin os:OperatingSystem permissions:Permission[] placement_policy:VmPlacementPolicy quota:Quota rng_device:RngDevice serial_number:SerialNumber small_icon:Icon soundcard_enabled:b sso:Sso start_paused:b stateless:b status:E:TemplateStatus storage_domain:StorageDomain storage_error_resume_behaviour:E:VmStorageErrorResumeBehaviour tags:Tag[] time_zone:TimeZone tpm_enabled:b tunnel_migration:b type:E:VmType usb:Usb version:TemplateVersion virtio_scsi:VirtioScsi virtio_scsi_multi_queues:i virtio_scsi_multi_queues_enabled:b vm:Vm watchdogs:Watchdog[]',
    links: 'cdroms diskattachments graphicsconsoles mediateddevices nics permissions tags watchdogs',
  },
  OperatingSystemInfo: {
    tag: 'operating_system',
    fields:
      'architecture:E:Architecture comment description large_icon:Icon name small_icon:Icon tpm_support:E:TpmSupport',
    links: '',
  },
  Icon: {
    tag: 'icon',
    fields: 'comment data description media_type name',
    links: '',
  },
  VmPool: {
    tag: 'vm_pool',
    fields:
      'auto_storage_select:b cluster:Cluster comment description display:Display instance_type:InstanceType max_user_vms:i name permissions:Permission[] prestarted_vms:i rng_device:RngDevice size:i soundcard_enabled:b stateful:b template:Template tpm_enabled:b type:E:VmPoolType use_latest_template_version:b vm:Vm',
    links: 'permissions',
  },
  AffinityGroup: {
    tag: 'affinity_group',
    fields:
      'broken:b cluster:Cluster comment description enforcing:b host_labels:AffinityLabel[] hosts:Host[] hosts_rule:AffinityRule name positive:b priority:f vm_labels:AffinityLabel[] vms:Vm[] vms_rule:AffinityRule',
    links: 'hostlabels hosts vmlabels vms',
  },
  AffinityRule: {
    tag: 'affinity_rule',
    fields: 'enabled:b enforcing:b positive:b',
    links: '',
  },
  AffinityLabel: {
    tag: 'affinity_label',
    fields: 'comment description has_implicit_affinity_group:b hosts:Host[] name read_only:b vms:Vm[]',
    links: 'hosts vms',
  },
  Quota: {
    tag: 'quota',
    fields:
      'cluster_hard_limit_pct:i cluster_soft_limit_pct:i comment data_center:DataCenter description disks:Disk[] name permissions:Permission[] quota_cluster_limits:QuotaClusterLimit[] quota_storage_limits:QuotaStorageLimit[] storage_hard_limit_pct:i storage_soft_limit_pct:i users:User[] vms:Vm[]',
    links: 'permissions quotaclusterlimits quotastoragelimits',
  },
  QuotaClusterLimit: {
    tag: 'quota_cluster_limit',
    fields:
      'cluster:Cluster comment description memory_limit:f memory_usage:f name quota:Quota vcpu_limit:i vcpu_usage:i',
    links: '',
  },
  QuotaStorageLimit: {
    tag: 'quota_storage_limit',
    fields: 'comment description limit:i name quota:Quota storage_domain:StorageDomain usage:f',
    links: '',
  },
  Tag: {
    tag: 'tag',
    fields: 'comment description group:Group host:Host name parent:Tag template:Template user:User vm:Vm',
    links: '',
  },
  Bookmark: {
    tag: 'bookmark',
    fields: 'comment description name value',
    links: '',
  },
  Event: {
    tag: 'event',
    fields:
      'cluster:Cluster code:i comment correlation_id custom_data custom_id:i data_center:DataCenter description flood_rate:i host:Host index:i log_on_host:b name origin severity:E:LogSeverity storage_domain:StorageDomain template:Template time:d user:User vm:Vm',
    links: '',
  },
  EventSubscription: {
    tag: 'event_subscription',
    fields:
      'address comment description event:E:NotifiableEvent name notification_method:E:NotificationMethod user:User',
    links: '',
  },
  Job: {
    tag: 'job',
    fields:
      'auto_cleared:b comment description end_time:d external:b last_updated:d name owner:User start_time:d status:E:JobStatus steps:Step[]',
    links: 'steps',
  },
  Step: {
    tag: 'step',
    fields:
      'comment description end_time:d execution_host:Host external:b external_type:E:ExternalSystemType job:Job name number:i parent_step:Step progress:i start_time:d statistics:Statistic[] status:E:StepStatus type:E:StepEnum',
    links: 'statistics',
  },
  User: {
    tag: 'user',
    fields:
      'comment department description domain:Domain domain_entry_id email groups:Group[] last_name logged_in:b name namespace options:UserOption[] password permissions:Permission[] principal roles:Role[] ssh_public_keys:SshPublicKey[] tags:Tag[] user_name user_options:Property[]',
    links: 'groups options permissions roles sshpublickeys tags',
  },
  Group: {
    tag: 'group',
    fields:
      'comment description domain:Domain domain_entry_id name namespace permissions:Permission[] roles:Role[] tags:Tag[]',
    links: 'permissions roles tags',
  },
  Domain: {
    tag: 'domain',
    fields: 'comment description groups:Group[] name user:User users:User[]',
    links: 'groups users',
  },
  Role: {
    tag: 'role',
    fields: 'administrative:b comment description mutable:b name permits:Permit[] user:User',
    links: 'permits',
  },
  Permit: {
    tag: 'permit',
    fields: 'administrative:b comment description name role:Role',
    links: '',
  },
  Permission: {
    tag: 'permission',
    fields:
      'cluster:Cluster comment data_center:DataCenter description disk:Disk group:Group host:Host name role:Role storage_domain:StorageDomain template:Template user:User vm:Vm vm_pool:VmPool',
    links: '',
  },
  SshPublicKey: {
    tag: 'ssh_public_key',
    fields: 'comment content description name user:User',
    links: '',
  },
  UserOption: {
    tag: 'user_option',
    fields: 'comment content description name user:User',
    links: '',
  },
  MacPool: {
    tag: 'mac_pool',
    fields: 'allow_duplicates:b comment default_pool:b description name permissions:Permission[] ranges:Range[]',
    links: 'permissions',
  },
  Range: {
    tag: 'range',
    fields: 'from to',
    links: '',
  },
  IscsiDetails: {
    tag: 'iscsi_details',
    fields:
      'address disk_id initiator lun_mapping:i password paths:i port:i portal product_id serial size:i status storage_domain_id target username vendor_id volume_group_id',
    links: '',
  },
  IscsiBond: {
    tag: 'iscsi_bond',
    fields:
      'comment data_center:DataCenter description name networks:Network[] storage_connections:StorageConnection[]',
    links: 'networks storageconnections',
  },
  SystemOption: {
    tag: 'system_option',
    fields: 'comment description name values:SystemOptionValue[]',
    links: '',
  },
  SystemOptionValue: {
    tag: 'system_option_value',
    fields: 'value version',
    links: '',
  },
  OpenStackNetworkProvider: {
    tag: 'openstack_network_provider',
    fields:
      'agent_configuration:AgentConfiguration authentication_url auto_sync:b certificates:Certificate[] comment description external_plugin_type name networks:OpenStackNetwork[] password plugin_type:E:NetworkPluginType project_domain_name project_name properties:Property[] read_only:b requires_authentication:b subnets:OpenStackSubnet[] tenant_name type:E:OpenStackNetworkProviderType unmanaged:b url user_domain_name username',
    links: 'certificates networks subnets',
  },
  OpenStackNetwork: {
    tag: 'openstack_network',
    fields: 'comment description name openstack_network_provider:OpenStackNetworkProvider',
    links: '',
  },
  OpenStackSubnet: {
    tag: 'openstack_subnet',
    fields: 'cidr comment description dns_servers:s[] gateway ip_version name openstack_network:OpenStackNetwork',
    links: '',
  },
  ExternalVmImport: {
    tag: 'external_vm_import',
    fields:
      'cluster:Cluster cpu_profile:CpuProfile drivers_iso:File host:Host name password provider:E:ExternalVmProviderType quota:Quota sparse:b storage_domain:StorageDomain url username vm:Vm',
    links: '',
  },
  ExternalTemplateImport: {
    tag: 'external_template_import',
    fields:
      'clone:b cluster:Cluster cpu_profile:CpuProfile host:Host quota:Quota storage_domain:StorageDomain template:Template url',
    links: '',
  },
  RegistrationConfiguration: {
    tag: 'registration_configuration',
    fields:
      'affinity_group_mappings:RegistrationAffinityGroupMapping[] affinity_label_mappings:RegistrationAffinityLabelMapping[] cluster_mappings:RegistrationClusterMapping[] domain_mappings:RegistrationDomainMapping[] lun_mappings:RegistrationLunMapping[] role_mappings:RegistrationRoleMapping[] vnic_profile_mappings:RegistrationVnicProfileMapping[]',
    links: '',
  },
  GracePeriod: {
    tag: 'grace_period',
    fields: 'expiry:i',
    links: '',
  },
  ApiSummaryItem: {
    tag: 'api_summary_item',
    fields: 'active:i total:i',
    links: '',
  },
  EngineBackupInfo: {
    tag: 'engine_backup',
    fields:
      'last_db_backup:d last_dwh_backup:d last_cinder_backup:d last_keycloak_backup:d last_grafana_backup:d last_engine_backup:d',
    links: '',
  },
  SerialNumber: {
    tag: 'serial_number',
    fields: 'policy:E:SerialNumberPolicy value',
    links: '',
  },
  TransparentHugePages: {
    tag: 'transparent_hugepages',
    fields: 'enabled:b',
    links: '',
  },
  SkipIfConnectivityBroken: {
    tag: 'skip_if_connectivity_broken',
    fields: 'enabled:b threshold:i',
    links: '',
  },
  SkipIfSdActive: {
    tag: 'skip_if_sd_active',
    fields: 'enabled:b',
    links: '',
  },
  Sso: {
    tag: 'sso',
    fields: 'methods:Method[]',
    links: '',
  },
  Method: {
    tag: 'method',
    fields: '',
    links: '',
  },
  Kernel: {
    tag: 'kernel',
    fields: 'version:Version',
    links: '',
  },
  HostDevicePassthrough: {
    tag: 'device_passthrough',
    fields: 'enabled:b',
    links: '',
  },
  HostedEngine: {
    tag: 'hosted_engine',
    fields: 'active:b configured:b global_maintenance:b local_maintenance:b score:i',
    links: '',
  },
} as const satisfies Record<string, TypeRow>

export type TypeName = keyof typeof typeTable

/** The words of each enumeration. Some lists of the original are longer where this engine has nothing to say. */
export const enumTable: Readonly<Record<string, readonly string[]>> = {
  Architecture: 'aarch64 loongarch64 ppc64 s390x undefined x86_64'.split(' '),
  AutoNumaStatus: 'disable enable unknown'.split(' '),
  AutoPinningPolicy: 'adjust disabled existing'.split(' '),
  BackupPhase: 'failed finalizing initializing ready starting succeeded'.split(' '),
  BiosType: 'cluster_default i440fx_sea_bios q35_ovmf q35_sea_bios q35_secure_boot'.split(' '),
  BootDevice: 'cdrom hd network'.split(' '),
  BootProtocol: 'autoconf dhcp none poly_dhcp_autoconf static'.split(' '),
  CheckpointState: 'created invalid'.split(' '),
  CloudInitNetworkProtocol: 'eni openstack_metadata'.split(' '),
  ClusterUpgradeAction: 'finish start update_progress'.split(' '),
  ConfigurationType: 'ova ovf'.split(' '),
  CpuMode: 'custom host_model host_passthrough'.split(' '),
  CpuPinningPolicy: 'dedicated isolate_threads manual none resize_and_pin_numa'.split(' '),
  DataCenterStatus: 'contend maintenance not_operational problematic uninitialized up'.split(' '),
  DiskBackup: 'incremental none'.split(' '),
  DiskBackupMode: 'full incremental'.split(' '),
  DiskContentType:
    'backup_scratch data hosted_engine hosted_engine_configuration hosted_engine_metadata hosted_engine_sanlock iso memory_dump_volume memory_metadata_volume ovf_store'.split(
      ' ',
    ),
  DiskFormat: 'cow raw'.split(' '),
  DiskInterface: 'ide sata spapr_vscsi virtio virtio_scsi'.split(' '),
  DiskStatus: 'illegal locked ok'.split(' '),
  DiskStorageType: 'cinder image lun managed_block_storage'.split(' '),
  DisplayType: 'spice vnc'.split(' '),
  ExternalStatus: 'error failure info ok warning'.split(' '),
  ExternalSystemType: 'gluster vdsm'.split(' '),
  ExternalVmProviderType: 'kvm vmware xen'.split(' '),
  FipsMode: 'disabled enabled undefined'.split(' '),
  FirewallType: 'firewalld iptables'.split(' '),
  GraphicsType: 'spice vnc'.split(' '),
  HostProtocol: 'stomp xml'.split(' '),
  HostStatus:
    'connecting down error initializing install_failed installing installing_os kdumping maintenance non_operational non_responsive pending_approval preparing_for_maintenance reboot unassigned up'.split(
      ' ',
    ),
  HostType: 'ovirt_node rhel rhev_h'.split(' '),
  ImageFileType: 'disk floppy iso'.split(' '),
  ImageTransferDirection: 'download upload'.split(' '),
  ImageTransferPhase:
    'cancelled cancelled_system cancelled_user finalizing_cleanup finalizing_failure finalizing_success finished_cleanup finished_failure finished_success initializing paused_system paused_user resuming transferring unknown'.split(
      ' ',
    ),
  ImageTransferTimeoutPolicy: 'cancel legacy pause'.split(' '),
  InheritableBoolean: 'false inherit true'.split(' '),
  IpVersion: 'v4 v6'.split(' '),
  JobStatus: 'aborted failed finished started unknown'.split(' '),
  KdumpStatus: 'disabled enabled unknown'.split(' '),
  LogMaxMemoryUsedThresholdType: 'absolute_value_in_mb percentage'.split(' '),
  LogSeverity: 'alert error normal warning'.split(' '),
  LunStatus: 'free unusable used'.split(' '),
  MigrateOnError: 'do_not_migrate migrate migrate_highly_available'.split(' '),
  MigrationBandwidthAssignmentMethod: 'auto custom hypervisor_default'.split(' '),
  NetworkPluginType: 'open_vswitch'.split(' '),
  NetworkStatus: 'non_operational operational'.split(' '),
  NetworkUsage: 'default_route display gluster management migration vm'.split(' '),
  NfsVersion: 'auto v3 v4 v4_0 v4_1 v4_2'.split(' '),
  NicInterface: 'e1000 e1000e pci_passthrough rtl8139 rtl8139_virtio spapr_vlan virtio'.split(' '),
  NicStatus: 'down up'.split(' '),
  NotifiableEvent:
    'cluster_alert_ha_reservation cluster_alert_ha_reservation_down dwh_error dwh_stopped engine_backup_completed engine_backup_failed'.split(
      ' ',
    ),
  NotificationMethod: 'smtp snmp'.split(' '),
  NumaTuneMode: 'interleave preferred strict'.split(' '),
  OpenStackNetworkProviderType: 'external neutron'.split(' '),
  ParallelMigrationsPolicy: 'auto auto_parallel custom disabled inherit'.split(' '),
  PmProxyType: 'cluster dc other_dc'.split(' '),
  PolicyUnitType: 'filter load_balancing weight'.split(' '),
  PowerManagementStatus: 'off on unknown'.split(' '),
  QcowVersion: 'qcow2_v2 qcow2_v3'.split(' '),
  QosType: 'cpu hostnetwork network storage'.split(' '),
  QuotaModeType: 'audit disabled enabled'.split(' '),
  ReportedDeviceType: 'network'.split(' '),
  RngSource: 'hwrng random urandom'.split(' '),
  ScsiGenericIO: 'disabled filtered unfiltered'.split(' '),
  SeLinuxMode: 'disabled enforcing permissive'.split(' '),
  SnapshotStatus: 'in_preview locked ok'.split(' '),
  SnapshotType: 'active preview regular stateless'.split(' '),
  SpmStatus: 'contending none spm'.split(' '),
  SshAuthenticationMethod: 'password publickey'.split(' '),
  StatisticKind: 'counter gauge'.split(' '),
  StatisticUnit: 'bits_per_second bytes bytes_per_second count_per_second none percent seconds'.split(' '),
  StepEnum: 'executing finalizing rebalancing_volume removing_bricks unknown validating'.split(' '),
  StepStatus: 'aborted failed finished started unknown'.split(' '),
  StorageDomainStatus:
    'activating active detaching inactive locked maintenance mixed preparing_for_maintenance unattached unknown'.split(
      ' ',
    ),
  StorageDomainType: 'data export image iso managed_block_storage volume'.split(' '),
  StorageFormat: 'v1 v2 v3 v4 v5'.split(' '),
  StorageType: 'cinder fcp glance glusterfs iscsi localfs managed_block_storage nfs posixfs'.split(' '),
  SwitchType: 'legacy ovs'.split(' '),
  TemplateStatus: 'illegal locked ok'.split(' '),
  TpmSupport: 'required supported unsupported'.split(' '),
  UsbType: 'legacy native'.split(' '),
  ValueType: 'decimal integer string'.split(' '),
  VgpuPlacement: 'consolidated separated'.split(' '),
  VideoType: 'bochs cirrus qxl vga'.split(' '),
  CreationStatus: 'complete failed in_progress pending'.split(' '),
  FenceType: 'manual restart start status stop'.split(' '),
  SerialNumberPolicy: 'custom host none vm'.split(' '),
  SsoMethod: 'guest_agent'.split(' '),
  RoleType: 'admin user'.split(' '),
  PayloadEncoding: 'base64 plaintext'.split(' '),
  VmAffinity: 'migratable pinned user_migratable'.split(' '),
  VmDeviceType: 'cdrom floppy'.split(' '),
  VmPoolType: 'automatic manual'.split(' '),
  VmStatus:
    'down image_locked migrating not_responding paused powering_down powering_up reboot_in_progress restoring_state saving_state suspended unassigned unknown up wait_for_launch'.split(
      ' ',
    ),
  VmStorageErrorResumeBehaviour: 'auto_resume kill leave_paused'.split(' '),
  VmType: 'desktop high_performance server'.split(' '),
  VnicPassThroughMode: 'disabled enabled'.split(' '),
  WatchdogAction: 'dump none pause poweroff reset'.split(' '),
  WatchdogModel: 'diag288 i6300esb'.split(' '),
}
