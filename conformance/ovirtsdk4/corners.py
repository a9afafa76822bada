"""Routes that no other program passes: permissions and tags at every kind of object, users and roles, a second storage domain,
consoles, cards of a running VM, sub-collections reached by their path.
"""

import os
import shutil
import uuid

import ovirtsdk4 as sdk
from ovirtsdk4 import types

import images
from checks import check, connect, data_domain, equal, gone, program, until_status

TAG = uuid.uuid4().hex[:8]
MIB = 1 << 20


def permissions(connection, path, role, user):
    """Grants, reads and takes back a permission at one object."""
    with check(f"permissions at {path.split('/')[0]}: grant, read, take back"):
        service = connection.service(f"{path}/permissions")
        granted = service.add(types.Permission(role=types.Role(id=role.id), user=types.User(id=user.id)))
        one = service.permission_service(granted.id)
        equal((one.get().role.id, one.get().user.id), (role.id, user.id), "role and user")
        equal(granted.id in {each.id for each in service.list()}, True, "whether it is listed")
        one.remove()
        gone(one.get)


def tags(connection, path, tag):
    with check(f"tags at {path.split('/')[0]}: add, read, remove"):
        service = connection.service(f"{path}/tags")
        service.add(types.Tag(name=tag.name))
        one = service.tag_service(tag.id)
        equal(one.get().name, tag.name, "the tag's name")
        one.remove()
        equal(tag.id in {each.id for each in service.list()}, False, "whether it is still listed")


def refused(what, call, *codes):
    """What is told with an error belongs to the route as well."""
    with check(what):
        try:
            call()
        except sdk.Error as error:
            equal(error.code in codes and error.fault is not None, True, f"the code being one of {codes}: {error}")
        else:
            raise AssertionError("it was not refused")


def people(connection, system, cleaning):
    """A user, a role, and what the user may do where."""
    users, roles = system.users_service(), system.roles_service()
    with check("roles: add, update, remove"):
        permits = [types.Permit(id=each.id) for each in system.roles_service().role_service(
            next(each.id for each in roles.list() if each.name == "UserRole")).permits_service().list()]
        made = roles.add(types.Role(name=f"role-{TAG}", administrative=False, permits=permits))
        service = roles.role_service(made.id)
        cleaning.append(lambda: quietly(service.remove))
        equal(service.update(types.Role(description="changed")).description, "changed", "the description")
        service.permits_service().list()
    with check("users: add from the directory, read, options"):
        admin = next(each for each in users.list() if each.user_name.startswith("admin@"))
        users.user_service(admin.id).get()
    with check("users: add, update, remove"):
        directory = types.Domain(name="internal-authz")
        added = users.add(types.User(user_name=f"alice-{TAG}@internal-authz", domain=directory, password="a fine password"))
        alice = users.user_service(added.id)
        cleaning.append(lambda: quietly(alice.remove))
        equal(alice.get().user_name, f"alice-{TAG}@internal-authz", "the user's name")
        equal([each.id for each in users.list(search=f"usrname=alice-{TAG}@internal-authz")], [added.id], "what is found")
        alice.update(types.User(user_options=[]))
        alice.remove()
        gone(alice.get)
    refused("users: one whom the directory does not know is not made",
            lambda: users.add(types.User(user_name="nobody-at-all@internal-authz", domain=types.Domain(name="internal-authz"))), 400)
    refused("users: the last administrator stays", users.user_service(admin.id).remove, 400, 403, 409)
    role = next(each for each in roles.list() if each.name == f"role-{TAG}")
    with check("permissions of the system: grant, take back"):
        everywhere = system.permissions_service()
        granted = everywhere.add(types.Permission(role=types.Role(id=role.id), user=types.User(id=admin.id)))
        everywhere.permission_service(granted.id).get()
        everywhere.permission_service(granted.id).remove()
    return admin, role


def quietly(call):
    try:
        call()
    except sdk.Error:
        pass


def storage(connection, system, cleaning):
    """A second local domain: made, attached, detached, removed."""
    host = system.hosts_service().list(search="status=up")[0]
    center = data_domain(connection).data_centers[0].id
    folder = os.path.join("/var/tmp", f"rookery-conformance-domain.{TAG}")
    domains = system.storage_domains_service()
    attached = system.data_centers_service().data_center_service(center).storage_domains_service()
    with check("storage domains: add, attach, is attached, detach, remove"):
        os.makedirs(folder)
        os.chown(folder, 36, 36)
        cleaning.append(lambda: shutil.rmtree(folder, ignore_errors=True))
        made = domains.add(types.StorageDomain(
            name=f"second-{TAG}", type=types.StorageDomainType.DATA, host=types.Host(id=host.id),
            storage=types.HostStorage(type=types.StorageType.LOCALFS, path=folder)))
        service = domains.storage_domain_service(made.id)
        equal(service.get().status, types.StorageDomainStatus.UNATTACHED, "the status before it is attached")
        equal(service.is_attached(host=types.Host(id=host.id)), False, "is_attached")
        attached.add(types.StorageDomain(id=made.id))
        here = attached.storage_domain_service(made.id)
        until_status("the domain", here.get, types.StorageDomainStatus.ACTIVE, 120)
        equal(service.is_attached(host=types.Host(id=host.id)), True, "is_attached")
        here.deactivate()
        until_status("the domain", here.get, types.StorageDomainStatus.MAINTENANCE, 120)
        here.remove()
        gone(here.get)
        service.remove(host=host.name, format=True)
        gone(service.get)
    refused("storage domains: removing one in use", lambda: domains.storage_domain_service(
        data_domain(connection).id).remove(host=host.name), 409)
    refused("hosts: adding one that cannot be reached", lambda: system.hosts_service().add(types.Host(
        name=f"host-{TAG}", address="host.invalid", root_password="secret")), 400, 409)
    refused("hosts: removing one that is up", system.hosts_service().host_service(host.id).remove, 409)
    return host


def machine(connection, system, cleaning):
    """A VM with a disk and a card, running from an empty disk: a screen and devices are enough."""
    domain = data_domain(connection)
    cluster = system.clusters_service().list()[0]
    disk_id = images.add_disk(connection, domain, f"corner-{TAG}", 16 * MIB, types.DiskFormat.COW)
    disk = system.disks_service().disk_service(disk_id)
    cleaning.append(lambda: quietly(disk.remove))
    vms = system.vms_service()
    vm = vms.add(types.Vm(name=f"corner-{TAG}", cluster=types.Cluster(id=cluster.id), template=types.Template(name="Blank"),
                          memory=128 * MIB, memory_policy=types.MemoryPolicy(guaranteed=128 * MIB, max=512 * MIB)))
    service = vms.vm_service(vm.id)

    def remove():
        quietly(service.stop)
        until_status("the VM", service.get, types.VmStatus.DOWN, 60)
        service.remove(detach_only=True)

    cleaning.append(lambda: quietly(remove))
    until_status("the VM", service.get, types.VmStatus.DOWN, 60)
    service.disk_attachments_service().add(types.DiskAttachment(
        disk=types.Disk(id=disk_id), interface=types.DiskInterface.VIRTIO, bootable=True, active=True))
    profile = system.vnic_profiles_service().list()[0]
    nic = service.nics_service().add(types.Nic(name="nic1", interface=types.NicInterface.VIRTIO,
                                               vnic_profile=types.VnicProfile(id=profile.id)))
    return service, vm.id, disk_id, nic.id


def running(connection, service, vm_id, disk_id, nic_id):
    with check("a card is unplugged and plugged in"):
        nic = service.nics_service().nic_service(nic_id)
        nic.deactivate()
        equal(nic.get().plugged, False, "plugged")
        nic.activate()
        equal(nic.get().plugged, True, "plugged")
    with check("a running VM: statistics of it, its card and its disk"):
        service.start()
        until_status("the VM", service.get, types.VmStatus.UP, 300)
        card = f"vms/{vm_id}/nics/{nic_id}"
        for path in (f"vms/{vm_id}/statistics", f"{card}/statistics", f"disks/{disk_id}/statistics"):
            found = connection.service(path).list()
            equal(len(found) > 0, True, f"{path} having something")
            connection.service(f"{path}/{found[0].id}").get()
        for path in (f"{card}/reporteddevices", f"{card}/networkfilterparameters"):
            connection.service(path).list()
        service.disk_attachments_service().attachment_service(disk_id).get()
    with check("a running VM: tickets of every kind"):
        service.ticket(ticket=types.Ticket(value="mine", expiry=60))
        consoles = service.graphics_consoles_service()
        console = consoles.console_service(consoles.list(current=True)[0].id)
        console.ticket()
        equal(bool(console.proxy_ticket()), True, "a proxy ticket")
        equal("[virt-viewer]" in console.remote_viewer_connection_file(), True, "a connection file")
    with check("a running VM: reset, and off"):
        service.reset()
        until_status("the VM", service.get, types.VmStatus.UP, 300)
        service.stop()
        until_status("the VM", service.get, types.VmStatus.DOWN, 60)


def below(connection, system, vm_id, disk_id):
    """Sub-collections by their path; what this release has nothing in is empty, not absent."""
    domain = data_domain(connection)
    for path in (
        f"vms/{vm_id}/backups", f"vms/{vm_id}/checkpoints", f"disks/{disk_id}/permissions", f"disks/{disk_id}/disksnapshots",
        f"storagedomains/{domain.id}/disks", f"storagedomains/{domain.id}/diskprofiles", f"storagedomains/{domain.id}/disksnapshots",
        f"storagedomains/{domain.id}/images", f"storagedomains/{domain.id}/templates", f"storagedomains/{domain.id}/vms",
    ):
        with check(f"list of {path.split('/')[0]}/{{id}}/{path.split('/')[2]}"):
            connection.service(path).list()
    with check("disks by way of their domain: add, read, remove"):
        disks = system.storage_domains_service().storage_domain_service(domain.id).disks_service()
        made = disks.add(types.Disk(name=f"in-{TAG}", format=types.DiskFormat.COW, provisioned_size=MIB))
        until_status("the disk", system.disks_service().disk_service(made.id).get, types.DiskStatus.OK, 60)
        equal(disks.disk_service(made.id).get().id, made.id, "the id")
        disks.disk_service(made.id).remove()
        gone(system.disks_service().disk_service(made.id).get)
    with check("networks and profiles by way of their parents: add, remove"):
        center = system.data_centers_service().data_center_service(domain.data_centers[0].id)
        network = center.networks_service().add(types.Network(name=f"sub{TAG[:6]}"))
        service = system.networks_service().network_service(network.id)
        profiles = service.vnic_profiles_service()
        profile = profiles.add(types.VnicProfile(name=f"sub-{TAG}"))
        system.vnic_profiles_service().profile_service(profile.id).remove()
        service.remove()
        gone(service.get)
    with check("a file of the ISO domain"):
        iso = next(each for each in system.storage_domains_service().list() if each.type == types.StorageDomainType.ISO)
        files = system.storage_domains_service().storage_domain_service(iso.id).files_service()
        for each in files.list()[:1]:
            equal(files.file_service(each.id).get().name, each.name, "the name")
    with check("a transfer is kept alive"):
        transfer, _ = images.open_transfer(connection, disk_id, types.ImageTransferDirection.DOWNLOAD, types.DiskFormat.RAW)
        try:
            transfer.extend()
        finally:
            images.finish(transfer)
        images.wait_unlocked(connection, disk_id)


def main(cleaning):
    connection = connect()
    cleaning.append(connection.close)
    system = connection.system_service()
    admin, role = people(connection, system, cleaning)
    host = storage(connection, system, cleaning)
    service, vm_id, disk_id, nic_id = machine(connection, system, cleaning)
    domain = data_domain(connection)
    paths = {
        "datacenters": domain.data_centers[0].id,
        "clusters": system.clusters_service().list()[0].id,
        "hosts": host.id,
        "storagedomains": domain.id,
        "disks": disk_id,
        "networks": system.networks_service().list()[0].id,
        "vnicprofiles": system.vnic_profiles_service().list()[0].id,
        "vms": vm_id,
        "templates": "00000000-0000-0000-0000-000000000000",
        "macpools": system.mac_pools_service().list()[0].id,
    }
    for kind, object_id in paths.items():
        permissions(connection, f"{kind}/{object_id}", role, admin)
    with check("permissions of a user: grant at an object, read, take back"):
        own = system.users_service().user_service(admin.id).permissions_service()
        granted = own.add(types.Permission(role=types.Role(id=role.id), vm=types.Vm(id=vm_id)))
        own.permission_service(granted.id).get()
        own.permission_service(granted.id).remove()
    tag = system.tags_service().add(types.Tag(name=f"tag-{TAG}"))
    cleaning.append(lambda: quietly(system.tags_service().tag_service(tag.id).remove))
    for path in (f"vms/{vm_id}", f"hosts/{host.id}", "templates/00000000-0000-0000-0000-000000000000", f"users/{admin.id}"):
        tags(connection, path, tag)
    running(connection, service, vm_id, disk_id, nic_id)
    below(connection, system, vm_id, disk_id)
    refused("templates: Blank stays", system.templates_service().template_service("00000000-0000-0000-0000-000000000000").remove, 409)


with program() as cleaning:
    main(cleaning)
