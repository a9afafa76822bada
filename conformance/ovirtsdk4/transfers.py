"""ovirt_imageio's own client against our data server: up and down, raw and qcow2, sparse, several workers, checksums, cancelling."""

import contextlib
import json
import os
import subprocess
import urllib.request
import ssl
import uuid

import ovirtsdk4 as sdk
from ovirt_imageio import client
from ovirtsdk4 import types

import images
from checks import CA, DISK, SCRATCH, check, connect, data_domain, equal, gone, program, until, until_status

TAG = uuid.uuid4().hex[:8]
UPLOAD, DOWNLOAD = types.ImageTransferDirection.UPLOAD, types.ImageTransferDirection.DOWNLOAD
RAW, COW = types.DiskFormat.RAW, types.DiskFormat.COW
FORMATS = {RAW: "raw", COW: "qcow2"}


@contextlib.contextmanager
def disk(connection, domain, name, size, disk_format, sparse=True):
    disk_id = images.add_disk(connection, domain, f"{name}-{TAG}", size, disk_format, sparse=sparse)
    service = connection.system_service().disks_service().disk_service(disk_id)
    try:
        yield disk_id, service
        until_status("the disk", service.get, types.DiskStatus.OK, 30)
    except sdk.NotFoundError:
        return  # what the block did took the disk away
    finally:
        with contextlib.suppress(sdk.Error):  # a disk that a failed block left locked
            service.remove()


def upload(connection, disk_id, source, **options):
    with images.transfer(connection, disk_id, UPLOAD, RAW) as found:
        client.upload(source, found.transfer_url, CA, proxy_url=found.proxy_url, **options)


def download(connection, disk_id, target, image_format, **options):
    with images.transfer(connection, disk_id, DOWNLOAD, RAW) as found:
        client.download(found.transfer_url, target, CA, fmt=image_format, proxy_url=found.proxy_url, **options)


def main(cleaning):
    connection = connect()
    cleaning.append(connection.close)
    domain = data_domain(connection)
    size = images.virtual_size(DISK, "qcow2")
    raw = os.path.join(SCRATCH, "tiny.raw")
    subprocess.check_call(["qemu-img", "convert", "-f", "qcow2", "-O", "raw", DISK, raw])
    cleaning.append(lambda: os.unlink(raw))

    for disk_format, sparse in ((COW, True), (RAW, True), (RAW, False)):
        for source, source_format in ((DISK, "qcow2"), (raw, "raw")):
            kind = f"{FORMATS[disk_format]}{' sparse' if sparse else ' preallocated'} disk"
            with check(f"{source_format} image to a {kind}, 4 workers, and back as qcow2 and raw"):
                with disk(connection, domain, "moved", size, disk_format, sparse) as (disk_id, _):
                    upload(connection, disk_id, source, max_workers=4)
                    for back in ("qcow2", "raw"):
                        target = os.path.join(SCRATCH, f"back.{back}")
                        download(connection, disk_id, target, back, max_workers=4)
                        images.same_content(source, source_format, target, back)
                        os.unlink(target)

    with check("what the client reads of a transfer: extents, size, workers, the server's checksum"):
        with disk(connection, domain, "read", size, COW) as (disk_id, service):
            upload(connection, disk_id, DISK, max_workers=1, disk_is_zero=True)
            with images.transfer(connection, disk_id, DOWNLOAD, RAW) as found:
                with contextlib.closing(client.ImageioClient(found.transfer_url, cafile=CA)) as reader:
                    equal(reader.size(), size, "the size")
                    if reader.max_readers < 2:
                        raise AssertionError(f"max_readers is {reader.max_readers}")
                    extents = list(reader.extents("zero"))
                    equal(sum(each.length for each in extents), size, "the sum of the extents")
                    if not any(each.zero for each in extents) or not any(not each.zero for each in extents):
                        raise AssertionError("a sparse image has zero extents and data")
                    with open(raw, "rb") as file:
                        head = file.read(4096)
                    buffer = bytearray(4096)
                    reader.read(0, buffer)
                    equal(bytes(buffer) == head, True, "the first sector being the image's")
                url = f"{found.transfer_url}/checksum?block_size={4 << 20}"
                with urllib.request.urlopen(url, context=ssl.create_default_context(cafile=CA)) as answer:
                    said = json.load(answer)
                equal(said["checksum"], client.checksum(DISK, block_size=4 << 20)["checksum"], "the checksum")
            until_status("the disk", service.get, types.DiskStatus.OK, 30)

    with check("a cancelled upload takes its disk away"):
        with disk(connection, domain, "cancelled", size, COW) as (disk_id, service):
            transfer, _ = images.open_transfer(connection, disk_id, UPLOAD, RAW)
            transfer.cancel()
            gone(service.get, 120)
            images.ended_badly(transfer)

    with check("a cancelled download leaves its disk alone"):
        with disk(connection, domain, "kept", size, COW) as (disk_id, service):
            transfer, _ = images.open_transfer(connection, disk_id, DOWNLOAD, RAW)
            equal(service.get().status, types.DiskStatus.LOCKED, "the disk's status while it is read")
            transfer.cancel()
            until_status("the disk", service.get, types.DiskStatus.OK, 60)

    with check("an upload that is no image fails when it is finished, and takes its disk away"):
        with disk(connection, domain, "broken", 1 << 20, COW) as (disk_id, service):
            transfer, found = images.open_transfer(connection, disk_id, UPLOAD, COW)
            path = os.path.join(SCRATCH, "noise")
            with open(path, "wb") as file:
                file.write(os.urandom(1 << 20))
            images.put_file(found.transfer_url, path)
            transfer.finalize()
            images.ended_badly(transfer)
            gone(service.get, 60)

    with check("a qcow2 that names a backing file fails too"):
        base = os.path.join(SCRATCH, "secret.raw")
        overlay = os.path.join(SCRATCH, "overlay.qcow2")
        with open(base, "wb") as file:
            file.truncate(1 << 20)
        subprocess.check_call(["qemu-img", "create", "-q", "-f", "qcow2", "-b", base, "-F", "raw", overlay])
        with disk(connection, domain, "overlay", 1 << 20, COW) as (disk_id, service):
            transfer, found = images.open_transfer(connection, disk_id, UPLOAD, COW)
            images.put_file(found.transfer_url, overlay)
            transfer.finalize()
            images.ended_badly(transfer)
            gone(service.get, 60)

    with check("pauses and resumes"):
        with disk(connection, domain, "paused", size, COW) as (disk_id, _):
            transfer, _ = images.open_transfer(connection, disk_id, UPLOAD, RAW)
            phases = types.ImageTransferPhase
            transfer.pause()
            until("the transfer to be paused", lambda: transfer.get().phase == phases.PAUSED_USER, 30)
            transfer.resume()
            going = until("the transfer to go on", lambda: (now := transfer.get()).phase == phases.TRANSFERRING and now, 30)
            client.upload(DISK, going.transfer_url, CA, max_workers=2)
            images.finish(transfer)


with program() as cleaning:
    main(cleaning)
