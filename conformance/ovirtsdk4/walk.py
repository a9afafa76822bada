"""The walking system: from signing in to a VM that boots from an uploaded disk, its consoles, one boot from a CD, and away."""

import configparser
import os
import uuid

import ovirtsdk4 as sdk
from ovirtsdk4 import types

import images
from checks import DISK, ISO, SCRATCH, Fatal, ask, check, connect, data_domain, equal, gone, program, tell, until, until_status

NAME = f"walk-{uuid.uuid4().hex[:8]}"
UP, DOWN = types.VmStatus.UP, types.VmStatus.DOWN
BOOT_SECONDS = 300


def main(cleaning):
    with check("signs in with the CA file", fatal=True):
        connection = connect()
        cleaning.append(connection.close)
        equal(connection.test(raise_exception=True), True, "the test of the connection")
        api = connection.system_service().get()
        version = api.product_info.version
        tell(say=f"product {api.product_info.name} {version.full_version}")
        if (version.major, version.minor) < (4, 4):
            raise AssertionError(f"version {version.major}.{version.minor} makes clients leave features out")
    system = connection.system_service()

    with check("host, cluster and storage are up", fatal=True):
        hosts = system.hosts_service().list(search="status=up")
        equal(len(hosts), 1, "the number of hosts that are up")
        cluster = system.clusters_service().list()[0]
        domain = data_domain(connection)
        center = domain.data_centers[0].id
        attached = system.data_centers_service().data_center_service(center).storage_domains_service().list()
        equal({each.status for each in attached}, {types.StorageDomainStatus.ACTIVE}, "the domains' status")

    disk_id = upload_disk(connection, domain, cleaning)
    iso_id = upload_iso(connection, domain, cleaning)
    vms = system.vms_service()
    vm_id = create_vm(connection, cluster, disk_id, cleaning)
    service = vms.vm_service(vm_id)

    with check("starts the VM and sees it reach up", fatal=True):
        service.start()
        vm = until_status("the VM", service.get, UP, BOOT_SECONDS)
        equal(bool(vm.host and vm.host.id == hosts[0].id), True, "the VM's host being ours")
        if vm.start_time is None:
            raise AssertionError("a running VM has no start_time")

    with check("reads the guest's marker on the serial console: booted from disk"):
        marker = ask("serial", vm=vm_id, word="ready")
        equal(marker["media"], "disk", "the medium it booted from")
        equal(marker["boots"], "1", "its count of boots")
        if marker["ip"] == "none":
            raise AssertionError("the guest got no address by DHCP")

    with check("the guest's address is reported"):
        found = until("an address", lambda: addresses(service), 60)
        if marker_ip(found, marker["ip"]) is None:
            raise AssertionError(f"reported {found}, the guest has {marker['ip']}")

    consoles = service.graphics_consoles_service()
    with check("takes a VNC ticket and completes an RFB handshake through it"):
        console = next(each for each in consoles.list(current=True) if each.protocol == types.GraphicsType.VNC)
        ticket = consoles.console_service(console.id).ticket()
        if not ticket.value or not ticket.expiry:
            raise AssertionError(f"the ticket is value={bool(ticket.value)} expiry={ticket.expiry}")
        console = next(each for each in consoles.list(current=True) if each.id == console.id)
        if console.address is None or console.port is None:
            raise AssertionError(f"after the ticket the console list says address={console.address} port={console.port}")
        display = ask("rfb", host=console.address, port=console.port, password=ticket.value)
        tell(say=f"screen of {display['width']}x{display['height']}, named {display['name']}")

    with check("the connection file leads to the screen too"):
        text = consoles.console_service(console.id).remote_viewer_connection_file()
        sections = configparser.ConfigParser(interpolation=None)
        sections.read_string(text)
        fields = sections["virt-viewer"]
        equal(fields["type"], "vnc", "the type in the file")
        equal(sections["ovirt"]["vm-guid"], vm_id, "the VM in the file")
        ask("rfb", host=fields["host"], port=int(fields["port"]), password=fields["password"])

    with check("suspends and resumes"):
        service.suspend()
        until_status("the VM", service.get, types.VmStatus.SUSPENDED, 120)
        service.start()
        until_status("the VM", service.get, UP, BOOT_SECONDS)

    with check("reboots: the guest boots again from disk"):
        service.reboot()
        marker = ask("serial", vm=vm_id, word="ready")  # the resumed run had none yet
        equal((marker["media"], marker["boots"]), ("disk", "2"), "medium and count of boots")
        until_status("the VM", service.get, UP, BOOT_SECONDS)

    with check("stops", fatal=True):
        service.stop()
        vm = until_status("the VM", service.get, DOWN, 60)
        if vm.stop_time is None:
            raise AssertionError("a stopped VM has no stop_time")

    run_once(service, vm_id, "an uploaded ISO disk", iso_id)
    iso_file(connection, service, vm_id)

    with check("the next boot comes from disk again"):
        service.start()
        until_status("the VM", service.get, UP, BOOT_SECONDS)
        marker = ask("serial", vm=vm_id, word="ready")
        equal(marker["media"], "disk", "the medium it booted from")
        equal(service.get().run_once, False, "run_once")

    with check("shuts down by the guest's own doing"):
        service.shutdown()
        until_status("the VM", service.get, DOWN, 120)

    with check("removes everything"):
        attachments = service.disk_attachments_service()
        equal([each.id for each in attachments.list()], [disk_id], "the attached disks")
        service.remove()
        gone(service.get)
        disks = system.disks_service()
        gone(disks.disk_service(disk_id).get)
        disks.disk_service(iso_id).remove()
        gone(disks.disk_service(iso_id).get)
        cleaning.clear()
        cleaning.append(connection.close)


def upload_disk(connection, domain, cleaning):
    with check("uploads the tiny disk through an image transfer", fatal=True):
        size = images.virtual_size(DISK, "qcow2")
        disk_id = images.add_disk(
            connection, domain, f"{NAME}-disk", size, types.DiskFormat.COW, initial=os.path.getsize(DISK)
        )
        disk = connection.system_service().disks_service().disk_service(disk_id)
        cleaning.append(lambda: remove_quietly(disk))
        with images.transfer(connection, disk_id, types.ImageTransferDirection.UPLOAD, types.DiskFormat.COW) as transfer:
            images.put_file(transfer.transfer_url, DISK)
        found = until_status("the disk", disk.get, types.DiskStatus.OK, 60)
        equal(found.provisioned_size, size, "the disk's provisioned size")
    with check("reads back what it uploaded, through the proxy address"):
        path = os.path.join(SCRATCH, "walk.raw")
        with images.transfer(connection, disk_id, types.ImageTransferDirection.DOWNLOAD, types.DiskFormat.RAW) as transfer:
            images.get_file(transfer.proxy_url, path)
        images.same_content(DISK, "qcow2", path, "raw")
        os.unlink(path)
    images.wait_unlocked(connection, disk_id)
    return disk_id


def upload_iso(connection, domain, cleaning):
    with check("uploads the tiny ISO as a disk", fatal=True):
        size = os.path.getsize(ISO)
        iso_id = images.add_disk(
            connection, domain, f"{NAME}.iso", size, types.DiskFormat.RAW, types.DiskContentType.ISO, sparse=False
        )
        iso = connection.system_service().disks_service().disk_service(iso_id)
        cleaning.append(lambda: remove_quietly(iso))
        with images.transfer(connection, iso_id, types.ImageTransferDirection.UPLOAD) as transfer:
            images.put_file(transfer.transfer_url, ISO)
        equal(iso.get().content_type, types.DiskContentType.ISO, "the disk's content type")
    return iso_id


def create_vm(connection, cluster, disk_id, cleaning):
    system = connection.system_service()
    with check("creates a VM on the disk", fatal=True):
        vm = system.vms_service().add(
            types.Vm(
                name=NAME,
                memory=256 << 20,
                memory_policy=types.MemoryPolicy(guaranteed=256 << 20, max=512 << 20),
                cluster=types.Cluster(id=cluster.id),
                template=types.Template(name="Blank"),
                os=types.OperatingSystem(boot=types.Boot(devices=[types.BootDevice.HD])),
                console=types.Console(enabled=True),
            )
        )
        service = system.vms_service().vm_service(vm.id)
        cleaning.append(lambda: remove_vm_quietly(service))
        until_status("the VM", service.get, DOWN, 60)
        attachment = service.disk_attachments_service().add(
            types.DiskAttachment(
                disk=types.Disk(id=disk_id), interface=types.DiskInterface.VIRTIO, bootable=True, active=True
            )
        )
        equal(attachment.id, disk_id, "the attachment's id")
        consoles = service.graphics_consoles_service()
        if not [each for each in consoles.list() if each.protocol == types.GraphicsType.VNC]:
            consoles.add(types.GraphicsConsole(protocol=types.GraphicsType.VNC))
    with check("gives it a network card"):
        profiles = system.vnic_profiles_service().list()
        profile = next(each for each in profiles if each.name == "ovirtmgmt")
        nic = service.nics_service().add(
            types.Nic(name="nic1", interface=types.NicInterface.VIRTIO, vnic_profile=types.VnicProfile(id=profile.id))
        )
        if nic.mac is None or not nic.mac.address:
            raise AssertionError("the card has no MAC address")
        equal((nic.plugged, nic.linked), (True, True), "plugged and linked")
    return vm.id


def run_once(service, vm_id, what, file_id):
    with check(f"boots once from {what}"):
        service.start(
            vm=types.Vm(
                os=types.OperatingSystem(boot=types.Boot(devices=[types.BootDevice.CDROM])),
                cdroms=[types.Cdrom(file=types.File(id=file_id))],
            )
        )
        vm = until_status("the VM", service.get, UP, BOOT_SECONDS)
        equal(vm.run_once, True, "run_once")
        equal(vm.os.boot.devices, [types.BootDevice.CDROM], "the boot devices while it runs")
        marker = ask("serial", vm=vm_id, word="ready")
        equal(marker["media"], "iso", "the medium it booted from")
    with check(f"afterwards nothing of that is left ({what})"):
        service.stop()
        vm = until_status("the VM", service.get, DOWN, 60)
        equal(vm.os.boot.devices, [types.BootDevice.HD], "the stored boot devices")
        cdrom = service.cdroms_service().list()[0]
        equal(cdrom.file.id if cdrom.file else None, None, "the stored CD")


def iso_file(connection, service, vm_id):
    """The ISO domain: `ask("iso")` puts the file where an administrator would, and the domain shows it."""
    domains = connection.system_service().storage_domains_service()
    found = [each for each in domains.list() if each.type == types.StorageDomainType.ISO]
    with check("a file in the ISO domain is listed"):
        if not found:
            raise AssertionError("there is no ISO domain")
        files = domains.storage_domain_service(found[0].id).files_service()
        ask("iso", domain=found[0].id)
        listed = until("tiny.iso in the list", lambda: [each for each in files.list(refresh=True) if each.id == "tiny.iso"], 30)
        equal(listed[0].name, "tiny.iso", "the file's name")
    if found:
        run_once(service, vm_id, "a file of the ISO domain", "tiny.iso")


def addresses(service):
    return [ip.address for device in service.reported_devices_service().list() for ip in device.ips or []]


def marker_ip(found, said):
    return next((each for each in found for one in said.split(",") if each == one.split("/")[0]), None)


def remove_quietly(service):
    try:
        service.remove()
    except sdk.NotFoundError:
        pass


def remove_vm_quietly(service):
    try:
        if service.get().status != DOWN:
            service.stop()
            until_status("the VM", service.get, DOWN, 60)
        service.remove(detach_only=True)
        gone(service.get)
    except sdk.NotFoundError:
        pass


with program() as cleaning:
    try:
        main(cleaning)
    except Fatal:
        tell(say="the rest of the walk cannot be checked")
