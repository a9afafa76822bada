"""Moves an image through an image transfer, as a client of its own and with ovirt_imageio's client."""

import contextlib
import http.client
import os
import ssl
import subprocess
from urllib.parse import urlparse

from ovirtsdk4 import types

from checks import CA, until, until_status


def virtual_size(path, image_format):
    import json

    said = subprocess.check_output(["qemu-img", "info", "-f", image_format, "--output", "json", path])
    return json.loads(said)["virtual-size"]


def add_disk(connection, domain, name, provisioned, disk_format, content=types.DiskContentType.DATA, sparse=True, initial=None):
    disks = connection.system_service().disks_service()
    disk = disks.add(
        types.Disk(
            name=name,
            content_type=content,
            format=disk_format,
            sparse=sparse,
            provisioned_size=provisioned,
            initial_size=initial,
            storage_domains=[types.StorageDomain(id=domain.id)],
        )
    )
    service = disks.disk_service(disk.id)
    until_status(f"disk {name}", service.get, types.DiskStatus.OK, 120, never=(types.DiskStatus.ILLEGAL,))
    return disk.id


def open_transfer(connection, disk_id, direction, transfer_format=None):
    transfers = connection.system_service().image_transfers_service()
    transfer = transfers.add(
        types.ImageTransfer(disk=types.Disk(id=disk_id), direction=direction, format=transfer_format)
    )
    service = transfers.image_transfer_service(transfer.id)

    def look():
        found = service.get()
        if found.phase == types.ImageTransferPhase.INITIALIZING:
            return None
        if found.phase != types.ImageTransferPhase.TRANSFERRING:
            raise AssertionError(f"the transfer became {found.phase}")
        return found

    return service, until("the transfer to begin", look, 60, 0.5)


@contextlib.contextmanager
def transfer(connection, disk_id, direction, transfer_format=None):
    """An open transfer around a block: finished after it, cancelled when it fails, so that the disk is not left locked."""
    service, found = open_transfer(connection, disk_id, direction, transfer_format)
    try:
        yield found
    except BaseException:
        service.cancel()
        raise
    finish(service)


def ended_badly(service, seconds=60):
    """Waits until a transfer that was cancelled or refused is over."""
    over = (types.ImageTransferPhase.FINISHED_FAILURE, types.ImageTransferPhase.FINISHED_CLEANUP)
    until("the transfer to be over", lambda: service.get().phase in over, seconds, 0.5)


def finish(service, seconds=120):
    service.finalize()

    def look():
        phase = service.get().phase
        if phase in (types.ImageTransferPhase.FINISHED_FAILURE, types.ImageTransferPhase.PAUSED_SYSTEM):
            raise AssertionError(f"the transfer became {phase}")
        return phase == types.ImageTransferPhase.FINISHED_SUCCESS

    until("the transfer to finish", look, seconds, 0.5)


def own_connection(url):
    parts = urlparse(url)
    connection = http.client.HTTPSConnection(
        parts.hostname, parts.port, context=ssl.create_default_context(cafile=CA), timeout=60
    )
    return connection, parts.path


def put_file(url, path):
    """The whole file in one PUT, as a simple client does it."""
    connection, target = own_connection(url)
    try:
        with open(path, "rb") as file:
            connection.request("PUT", target, body=file, headers={"Content-Length": str(os.path.getsize(path))})
            answer = connection.getresponse()
            said = answer.read()
        if answer.status != 200:
            raise AssertionError(f"PUT was answered with {answer.status}: {said[:300]!r}")
    finally:
        connection.close()


def get_file(url, path):
    """The whole image in one GET."""
    connection, target = own_connection(url)
    try:
        connection.request("GET", target)
        answer = connection.getresponse()
        if answer.status != 200:
            raise AssertionError(f"GET was answered with {answer.status}: {answer.read()[:300]!r}")
        with open(path, "wb") as file:
            while chunk := answer.read(1 << 20):
                file.write(chunk)
    finally:
        connection.close()


def same_content(first, first_format, second, second_format):
    """qemu-img's word on whether two images hold the same."""
    done = subprocess.run(
        ["qemu-img", "compare", "-f", first_format, "-F", second_format, first, second], capture_output=True, text=True
    )
    if done.returncode != 0:
        raise AssertionError((done.stdout + done.stderr).strip())


def wait_unlocked(connection, disk_id):
    service = connection.system_service().disks_service().disk_service(disk_id)
    until_status("the disk", service.get, types.DiskStatus.OK, 60)
