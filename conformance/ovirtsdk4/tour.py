"""Every route of the first slice through the SDK: lists, objects, links followed from object to object, and each write once.

It is run through the recorder: what it sends and gets becomes the golden samples.
"""

import uuid

import ovirtsdk4 as sdk
from ovirtsdk4 import List, types

import images
from checks import check, connect, data_domain, equal, gone, program, tell, until_status

TAG = uuid.uuid4().hex[:8]
GIB = 1 << 30


def collections(system):
    """The services below the root that hold a list, by their path."""
    named = {name for name in dir(system) if name.endswith("_service") and not name.startswith("_")}
    for name in sorted(named):
        try:
            service = getattr(system, name)()
        except TypeError:
            continue
        if hasattr(service, "list"):
            yield name.removesuffix("_service"), service


def read_everything(connection):
    """Follows every link of every kind of object once. Only links that the objects themselves show are followed."""
    seen = set()
    for name, service in collections(connection.system_service()):
        try:
            found = service.list()
        except sdk.NotFoundError:
            tell(say=f"{name} is not offered")
            continue
        except sdk.Error as error:
            tell(check=f"list of {name}", ok=False, why=str(error))
            continue
        with check(f"list of {name}"):
            follow(connection, found, name, seen)
            if name == "vms" and found:
                service.list(max=1)
                service.list(search="name=*", case_sensitive=True, max=5)
                service.list(follow="nics,disk_attachments.disk,cluster")


def follow(connection, found, path, seen, depth=0):
    """One object of each kind by its own address, then each list that it links to."""
    for index, thing in enumerate(found):
        if thing.href is None or index > 2 or (index > 0 and path in seen):
            continue
        seen.add(path)
        with check(f"{path}/{{id}} and what it links to"):
            whole = connection.follow_link(thing)
            equal(whole.id, thing.id, "the id")
            equal(whole.href, thing.href, "the href")
            for attribute, value in sorted(vars(whole).items()):
                below = f"{path}/{attribute.lstrip('_')}"
                if isinstance(value, List) and value.href and depth < 3:
                    try:
                        follow(connection, connection.follow_link(value), below, seen, depth + 1)
                    except sdk.Error as error:
                        raise AssertionError(f"the link {value.href}: {error}") from None
                elif isinstance(value, sdk.Struct) and value.href and below not in seen and depth < 2:
                    seen.add(below)
                    if path == "image_transfers":
                        continue  # a transfer is shown for a while after its disk is gone
                    stub = connection.follow_link(value)
                    equal(stub.id, value.id, f"the id behind {value.href}")


def write_everything(connection, cleaning):
    system = connection.system_service()
    domain = data_domain(connection)
    center = domain.data_centers[0]
    cluster = system.clusters_service().list()[0]

    def made(collection, service_of, entity, change, what, **more):
        """Adds, reads, updates and gives the service, to be removed in the end."""
        added = collection.add(entity, **more)
        service = service_of(added.id)
        cleaning.append(lambda: quietly(service))
        equal(service.get().name, entity.name, f"the {what}'s name")
        if change is not None:
            changed = service.update(change)
            equal(changed.id, added.id, f"the {what}'s id after an update")
        return added, service

    def quietly(service):
        try:
            service.remove()
        except sdk.NotFoundError:
            pass

    with check("data centers: add, update, remove"):
        centers = system.data_centers_service()
        _, service = made(centers, centers.data_center_service, types.DataCenter(name=f"dc-{TAG}", local=False),
                          types.DataCenter(description="changed"), "data center")
        with check("clusters: add, update, remove"):
            clusters = system.clusters_service()
            _, inner = made(clusters, clusters.cluster_service,
                            types.Cluster(name=f"cl-{TAG}", data_center=types.DataCenter(name=f"dc-{TAG}"),
                                          cpu=types.Cpu(architecture=types.Architecture.X86_64)),
                            types.Cluster(description="changed"), "cluster")
            inner.remove()
            gone(inner.get)
        service.remove()
        gone(service.get)
    with check("networks: add, update, attach to the cluster, detach, remove; vNIC profiles too"):
        networks = system.networks_service()
        network, service = made(networks, networks.network_service,
                                types.Network(name=f"net{TAG[:6]}", data_center=types.DataCenter(id=center.id),
                                              usages=[types.NetworkUsage.VM], mtu=1400),
                                types.Network(description="changed"), "network")
        in_cluster = system.clusters_service().cluster_service(cluster.id).networks_service()
        in_cluster.add(types.Network(id=network.id, required=False))
        in_cluster.network_service(network.id).update(types.Network(required=False))
        profiles = system.vnic_profiles_service()
        _, profile = made(profiles, profiles.profile_service,
                          types.VnicProfile(name=f"p-{TAG}", network=types.Network(id=network.id), port_mirroring=False),
                          types.VnicProfile(description="changed"), "profile")
        profile.remove()
        in_cluster.network_service(network.id).remove()
        service.remove()
        gone(service.get)
    with check("tags: add, update, remove"):
        tags = system.tags_service()
        _, service = made(tags, tags.tag_service, types.Tag(name=f"tag-{TAG}", description="one"),
                          types.Tag(description="changed"), "tag")
        write_vm(connection, cluster, domain, cleaning, f"tag-{TAG}")
        service.remove()
        gone(service.get)
    with check("hosts: update, maintenance and back"):
        hosts = system.hosts_service()
        host = hosts.list(search="status=up")[0]
        service = hosts.host_service(host.id)
        service.update(types.Host(comment="seen by the tour"))
        service.deactivate(reason="the tour")
        try:
            until_status("the host", service.get, types.HostStatus.MAINTENANCE, 120)
        finally:
            service.activate()
            until_status("the host", service.get, types.HostStatus.UP, 120)
        service.refresh()
    with check("storage comes back with the host"):
        domains = system.data_centers_service().data_center_service(center.id).storage_domains_service()
        for each in domains.list():
            until_status(each.name, domains.storage_domain_service(each.id).get, types.StorageDomainStatus.ACTIVE, 180)
    with check("storage domains: update, maintenance of the ISO domain and back"):
        system.storage_domains_service().storage_domain_service(domain.id).update(types.StorageDomain(comment="seen by the tour"))
        domains = system.data_centers_service().data_center_service(center.id).storage_domains_service()
        iso = next(each for each in domains.list() if each.type == types.StorageDomainType.ISO)
        service = domains.storage_domain_service(iso.id)
        service.deactivate()
        until_status("the ISO domain", service.get, types.StorageDomainStatus.MAINTENANCE, 120)
        service.activate()
        until_status("the ISO domain", service.get, types.StorageDomainStatus.ACTIVE, 120)


def write_vm(connection, cluster, domain, cleaning, tag):
    """A VM and everything below it."""
    system = connection.system_service()
    vms, disks = system.vms_service(), system.disks_service()
    with check("disks: add, update, extend"):
        disk_id = images.add_disk(connection, domain, f"tour-{TAG}", GIB, types.DiskFormat.COW)
        disk = disks.disk_service(disk_id)
        disk.update(types.Disk(description="changed", provisioned_size=2 * GIB))
        until_status("the disk", disk.get, types.DiskStatus.OK, 60)
        equal(disk.get().provisioned_size, 2 * GIB, "the size")
    with check("VMs: add with every part of the first slice, update, tag"):
        vm = vms.add(types.Vm(
            name=f"tour-{TAG}", cluster=types.Cluster(id=cluster.id), template=types.Template(name="Blank"), memory=GIB,
            cpu=types.Cpu(topology=types.CpuTopology(cores=1, sockets=2, threads=1)), description="with é and <&>",
            os=types.OperatingSystem(type="other_linux", boot=types.Boot(devices=[types.BootDevice.HD, types.BootDevice.CDROM])),
            bios=types.Bios(boot_menu=types.BootMenu(enabled=True)), type=types.VmType.SERVER,
            high_availability=types.HighAvailability(enabled=False, priority=1), time_zone=types.TimeZone(name="Etc/GMT"),
            initialization=types.Initialization(host_name="tour", user_name="root", root_password="secret",
                                                authorized_ssh_keys="ssh-ed25519 AAAA tour", custom_script="runcmd: []\n",
                                                nic_configurations=[types.NicConfiguration(name="eth0", boot_protocol=types.BootProtocol.DHCP, on_boot=True)]),
        ))
        service = vms.vm_service(vm.id)
        cleaning.append(lambda: remove_vm(service))
        until_status("the VM", service.get, types.VmStatus.DOWN, 60)
        read = service.get(all_content=True)
        equal(read.description, "with é and <&>", "the description")
        equal(read.initialization.root_password, None, "the password that comes back")
        equal(service.update(types.Vm(comment="changed", memory=GIB // 2)).memory, GIB // 2, "the memory after an update")
        service.tags_service().add(types.Tag(name=tag))
        equal([each.name for each in vms.list(search=f"tag={tag}")], [vm.name], "the VMs with the tag")
        service.tags_service().tag_service(service.tags_service().list()[0].id).remove()
    with check("disk attachments: attach, update, unplug, detach, and a disk made in place"):
        attachments = service.disk_attachments_service()
        attachments.add(types.DiskAttachment(disk=types.Disk(id=disk_id), interface=types.DiskInterface.VIRTIO, bootable=True, active=True))
        attachments.attachment_service(disk_id).update(types.DiskAttachment(bootable=False, disk=types.Disk(alias=f"tour-{TAG}-renamed")))
        attachments.attachment_service(disk_id).update(types.DiskAttachment(active=False))
        inline = attachments.add(types.DiskAttachment(
            interface=types.DiskInterface.VIRTIO_SCSI, bootable=False, active=True,
            disk=types.Disk(name=f"inline-{TAG}", format=types.DiskFormat.RAW, sparse=True, provisioned_size=GIB,
                            storage_domains=[types.StorageDomain(id=domain.id)])))
        until_status("the new disk", disks.disk_service(inline.disk.id).get, types.DiskStatus.OK, 60)
        attachments.attachment_service(inline.id).remove(detach_only=False)
        gone(disks.disk_service(inline.disk.id).get)
        attachments.attachment_service(disk_id).remove()
        equal(disk.get().status, types.DiskStatus.OK, "the status of a detached disk")
    with check("cards: add, update, remove"):
        profile = system.vnic_profiles_service().list()[0]
        nics = service.nics_service()
        nic = nics.add(types.Nic(name="nic1", interface=types.NicInterface.VIRTIO, vnic_profile=types.VnicProfile(id=profile.id),
                                 mac=types.Mac(address="56:6f:00:00:00:77")))
        equal(nics.nic_service(nic.id).update(types.Nic(linked=False)).linked, False, "linked")
        nics.nic_service(nic.id).remove()
        equal(nics.list(), [], "the cards")
    with check("CD-ROM: stored, and ejected"):
        cdroms = service.cdroms_service()
        cdrom = cdroms.cdrom_service(cdroms.list()[0].id)
        cdrom.get()
        cdrom.update(types.Cdrom(file=types.File(id="")))
        equal(cdrom.get().file, None, "the medium")
    with check("consoles: add, remove"):
        consoles = service.graphics_consoles_service()
        for each in consoles.list():
            consoles.console_service(each.id).get()
    read_everything_of(connection, service)
    with check("VMs and disks: removed"):
        service.remove()
        gone(service.get)
        disk.remove()
        gone(disk.get)


def read_everything_of(connection, service):
    follow(connection, [service.get()], "vms", set())


def remove_vm(service):
    try:
        service.remove()
    except sdk.NotFoundError:
        pass


with program() as cleaning:
    connection = connect()
    cleaning.append(connection.close)
    write_everything(connection, cleaning)
    read_everything(connection)
