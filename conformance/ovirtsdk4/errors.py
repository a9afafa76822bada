"""What the SDK raises when something is refused: class of the exception, HTTP code, and a fault whose detail says why."""

import uuid

import ovirtsdk4 as sdk
from ovirtsdk4 import types

import images
from checks import check, connect, data_domain, equal, gone, program, until_status

TAG = uuid.uuid4().hex[:8]
NOBODY = str(uuid.uuid4())


def refused(name, kind, code, call, says=None):
    """One refusal. AuthError and NotFoundError are kinds of Error: the class must be exactly the one named."""
    with check(name):
        try:
            call()
        except sdk.Error as error:
            equal(type(error).__name__, kind.__name__, "the exception's class")
            equal(error.code, code, "the HTTP code")
            if error.fault is None or not error.fault.reason:
                raise AssertionError(f"no fault with a reason: {error}")
            if says is not None and says.lower() not in (error.fault.detail or "").lower():
                raise AssertionError(f"the detail does not name {says!r}: {error.fault.detail!r}")
            return
        raise AssertionError("it was not refused")


def auth_refused(name, **changes):
    """Sign-in errors come from the token service: an AuthError whose text has the service's code."""
    with check(name):
        connection = connect(**changes)
        try:
            connection.system_service().get()
        except sdk.AuthError as error:
            if "access_denied" not in str(error):
                raise AssertionError(f"the text lacks access_denied: {error}") from None
            return
        finally:
            try:
                connection.close(logout=False)
            except sdk.Error:
                pass
        raise AssertionError("it was not refused")


def main(cleaning):
    connection = connect()
    cleaning.append(connection.close)
    system = connection.system_service()
    vms, disks = system.vms_service(), system.disks_service()
    cluster = system.clusters_service().list()[0]
    domain = data_domain(connection)
    blank = types.Template(name="Blank")
    gib = 1 << 30

    def vm(name, **more):
        return types.Vm(**{"name": name, "cluster": types.Cluster(id=cluster.id), "template": blank, **more})

    auth_refused("a wrong password", password="not the password")
    auth_refused("an unknown user", username="nobody@internal")
    auth_refused("an unknown profile", username="admin@nowhere")
    with check("an invalid token"):
        bad = connect(username=None, password=None, token="A" * 86)
        try:
            bad.system_service().get()
        except sdk.AuthError:
            pass  # on 401 the SDK asks for a new token first: its error tells of that, and has no code
        else:
            raise AssertionError("it was not refused")
        finally:
            bad.close(logout=False)
    with check("a server that the CA file does not vouch for"):
        stranger = connect(ca_file="/etc/ssl/certs/ca-certificates.crt")
        try:
            stranger.test(raise_exception=True)
        except sdk.Error as error:
            if "certificate" not in str(error):
                raise AssertionError(f"the error does not speak of the certificate: {error}") from None
        else:
            raise AssertionError("the connection was made")
        finally:
            stranger.close(logout=False)

    refused("an unknown VM", sdk.NotFoundError, 404, vms.vm_service(NOBODY).get)
    refused("an unknown disk", sdk.NotFoundError, 404, disks.disk_service(NOBODY).get)
    refused("removing an unknown VM", sdk.NotFoundError, 404, vms.vm_service(NOBODY).remove)
    refused("starting an unknown VM", sdk.NotFoundError, 404, vms.vm_service(NOBODY).start)
    refused("an unknown transfer", sdk.NotFoundError, 404, system.image_transfers_service().image_transfer_service(NOBODY).get)
    refused("an id that is none", sdk.Error, 400, vms.vm_service("None").get)

    made = vms.add(vm(f"errors-{TAG}", memory=256 << 20))
    service = vms.vm_service(made.id)
    cleaning.append(service.remove)
    until_status("the VM", service.get, types.VmStatus.DOWN, 60)
    disk_id = images.add_disk(connection, domain, f"errors-{TAG}", gib, types.DiskFormat.COW)
    disk = disks.disk_service(disk_id)
    cleaning.append(disk.remove)

    refused("a name that is taken", sdk.Error, 409, lambda: vms.add(vm(f"errors-{TAG}")), "already in use")
    refused("a VM without a name", sdk.Error, 400, lambda: vms.add(vm(None)), "name")
    refused("a VM without a cluster", sdk.Error, 400, lambda: vms.add(vm(f"x-{TAG}", cluster=None)), "cluster")
    refused("a VM in a cluster that is not there", sdk.NotFoundError, 404, lambda: vms.add(vm(f"x-{TAG}", cluster=types.Cluster(name="nowhere"))), "nowhere")
    refused("a name with letters that are not allowed", sdk.Error, 400, lambda: vms.add(vm("no good/name")))
    refused("a negative memory", sdk.Error, 400, lambda: vms.add(vm(f"x-{TAG}", memory=-1)))
    refused("stopping a VM that is down", sdk.Error, 409, service.stop)
    refused("suspending a VM that is down", sdk.Error, 409, service.suspend)
    refused("migrating a VM that is down", sdk.Error, 409, service.migrate)
    refused("cancelling a migration that there is not", sdk.Error, 409, service.cancel_migration)
    refused("a ticket of a VM that is down", sdk.Error, 409, service.ticket)
    refused("a start without a bootable disk", sdk.Error, 409, service.start)
    refused(
        "a start from a CD that is not there", sdk.Error, 409,
        lambda: service.start(vm=types.Vm(
            os=types.OperatingSystem(boot=types.Boot(devices=[types.BootDevice.CDROM])),
            cdroms=[types.Cdrom(file=types.File(id="nothing.iso"))])))
    refused("cloud-init and sysprep at once", sdk.Error, 409, lambda: service.start(use_cloud_init=True, use_sysprep=True))
    refused("attaching a disk that is not there", sdk.NotFoundError, 404, lambda: attach(service, NOBODY))
    refused("attaching without an interface", sdk.Error, 400, lambda: service.disk_attachments_service().add(
        types.DiskAttachment(disk=types.Disk(id=disk_id))), "interface")
    refused("a card of an unknown profile", sdk.NotFoundError, 404, lambda: service.nics_service().add(
        types.Nic(name="n", vnic_profile=types.VnicProfile(id=NOBODY))))
    refused("a disk without a size", sdk.Error, 400, lambda: disks.add(
        types.Disk(name="d", format=types.DiskFormat.COW, storage_domains=[types.StorageDomain(id=domain.id)])), "provisioned_size")
    refused("a disk without a domain", sdk.Error, 400, lambda: disks.add(
        types.Disk(name="d", format=types.DiskFormat.COW, provisioned_size=gib)))
    refused("a disk larger than what its domain has left", sdk.Error, 409, lambda: disks.add(types.Disk(
        name="d", format=types.DiskFormat.RAW, sparse=False, provisioned_size=4 << 40, storage_domains=[types.StorageDomain(id=domain.id)])))
    refused("a disk made smaller", sdk.Error, 400, lambda: disk.update(types.Disk(provisioned_size=gib >> 1)))
    refused("a search that is no search", sdk.Error, 400, lambda: vms.list(search="name = = x and ("))
    refused("a second VM network with the same name", sdk.Error, 409, lambda: system.networks_service().add(
        types.Network(name="ovirtmgmt", data_center=types.DataCenter(id=domain.data_centers[0].id))))
    refused("removing the Blank template", sdk.Error, 409, system.templates_service().template_service("00000000-0000-0000-0000-000000000000").remove)
    refused("removing the cluster of a host", sdk.Error, 409, system.clusters_service().cluster_service(cluster.id).remove)
    refused("removing the management network", sdk.Error, 409, lambda: management(system).remove())
    refused("detaching the storage domain in use", sdk.Error, 409, lambda: system.data_centers_service().data_center_service(
        domain.data_centers[0].id).storage_domains_service().storage_domain_service(domain.id).remove())

    with check("a transfer of a disk that is busy is refused, and cancelling frees nothing but the upload"):
        transfer, _ = images.open_transfer(connection, disk_id, types.ImageTransferDirection.DOWNLOAD, types.DiskFormat.RAW)
        try:
            images.open_transfer(connection, disk_id, types.ImageTransferDirection.UPLOAD)
        except sdk.Error as error:
            equal(error.code, 409, "the HTTP code")
        else:
            raise AssertionError("a second transfer of the disk began")
        finally:
            images.finish(transfer)
        images.wait_unlocked(connection, disk_id)
    with check("a delete-protected VM stays"):
        service.update(types.Vm(delete_protected=True))
        try:
            service.remove()
        except sdk.Error as error:
            equal(error.code, 409, "the HTTP code")
        else:
            raise AssertionError("it was removed")
        finally:
            service.update(types.Vm(delete_protected=False))
    with check("nothing of what was refused exists"):
        names = {each.name for each in vms.list()} | {each.name for each in disks.list()}
        equal([name for name in names if name in (f"x-{TAG}", "no good/name", "d", None)], [], "leftovers")
    with check("the VM of these tests is removed"):
        service.remove()
        gone(service.get)
        cleaning.remove(service.remove)


def attach(service, disk_id):
    service.disk_attachments_service().add(types.DiskAttachment(
        disk=types.Disk(id=disk_id), interface=types.DiskInterface.VIRTIO, active=True, bootable=False))


def management(system):
    networks = system.networks_service()
    return networks.network_service(networks.list(search="name=ovirtmgmt")[0].id)


with program() as cleaning:
    main(cleaning)
