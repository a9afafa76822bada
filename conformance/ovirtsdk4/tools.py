"""Programs that come with the clients, run as they were published: `ovirt-img`, and the SDK's examples.

ROOKERY_BIN is the folder of `ovirt-img`, ROOKERY_EXAMPLES the folder of the examples. They find the engine by the configuration
file that they read by themselves (~/.config/ovirt.conf), so HOME is a folder of ours.
"""

import json
import os
import re
import subprocess
import sys
import uuid

import images
from checks import CA, DISK, ISO, SCRATCH, URL, USER, check, connect, data_domain, equal, password, program
from ovirtsdk4 import types

TAG = uuid.uuid4().hex[:8]
ENGINE = URL.removesuffix("/ovirt-engine/api")
EXAMPLES = os.environ["ROOKERY_EXAMPLES"]


def write_configuration():
    folder = os.path.join(os.environ["HOME"], ".config")
    os.makedirs(folder, exist_ok=True)
    with open(os.open(os.path.join(folder, "ovirt.conf"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(f"[rookery]\nengine_url={ENGINE}\nusername={USER}\npassword={password()}\ncafile={CA}\nsecure=true\n")


def run(*argv):
    done = subprocess.run(argv, capture_output=True, text=True, cwd=SCRATCH, timeout=600)
    if done.returncode != 0:
        raise AssertionError(f"{os.path.basename(argv[0])} {argv[1]} ended with {done.returncode}: {(done.stderr or done.stdout).strip()[-1500:]}")
    return done.stdout


def img(verb, *words):
    engine = ["--engine-url", ENGINE, "--username", USER, "--password-file", os.environ["ROOKERY_PASSWORD_FILE"], "--cafile", CA]
    return run(os.path.join(os.environ["ROOKERY_BIN"], "ovirt-img"), verb, *engine, *words)


def example(name, *words):
    return run(sys.executable, os.path.join(EXAMPLES, name), "-c", "rookery", *words)


def main(cleaning):
    connection = connect()
    cleaning.append(connection.close)
    domain = data_domain(connection)
    disks = connection.system_service().disks_service()
    raw = os.path.join(SCRATCH, "tool.raw")
    subprocess.check_call(["qemu-img", "convert", "-f", "qcow2", "-O", "raw", DISK, raw])
    write_configuration()

    def fetched(disk_id, image_format, fetch):
        target = os.path.join(SCRATCH, f"tool-back.{image_format}")
        fetch(disk_id, image_format, target)
        images.same_content(DISK, "qcow2", target, image_format)
        os.unlink(target)

    def by_img(disk_id, image_format, target):
        img("download-disk", "-f", image_format, disk_id, target)

    def by_example(disk_id, image_format, target):
        example("download_disk.py", "-f", image_format, disk_id, target)

    for image_format in ("qcow2", "raw"):
        for source in (DISK, raw):
            with check(f"ovirt-img upload-disk of {os.path.basename(source)} as {image_format}, download-disk as qcow2 and raw"):
                disk_id = str(uuid.uuid4())
                img("upload-disk", "-s", domain.name, "-f", image_format, "--disk-id", disk_id, "--name", f"img-{TAG}", source)
                fetched(disk_id, "qcow2", by_img)
                fetched(disk_id, "raw", by_img)
                disks.disk_service(disk_id).remove()
    with check("ovirt-img upload-disk makes an ISO disk of an ISO"):
        disk_id = str(uuid.uuid4())
        img("upload-disk", "-s", domain.name, "--disk-id", disk_id, "--name", f"iso-{TAG}", ISO)
        equal(disks.disk_service(disk_id).get().content_type, types.DiskContentType.ISO, "the content type")
        disks.disk_service(disk_id).remove()
    with check("ovirt-img says why when it is refused"):
        try:
            img("upload-disk", "-s", "nowhere", "--name", f"no-{TAG}", DISK)
        except AssertionError as error:
            if "nowhere" not in str(error):
                raise AssertionError(f"the domain that is not there is not named: {error}") from None
        else:
            raise AssertionError("it was not refused")

    for proxy in ((), ("--use-proxy",)):
        way = " through the proxy" if proxy else ""
        with check(f"the SDK's upload_disk.py and download_disk.py, unchanged{way}"):
            said = example("upload_disk.py", "--sd-name", domain.name, "--disk-sparse", *proxy, DISK)
            disk_id = re.search(r"Disk ID: (\S+)", said).group(1)
            fetched(disk_id, "qcow2", by_example)
            fetched(disk_id, "raw", by_example)
            disks.disk_service(disk_id).remove()
    with check("the SDK's upload_disk.py with a raw image and a qcow2 disk, and the reverse"):
        for source, disk_format in ((raw, "qcow2"), (DISK, "raw")):
            said = example("upload_disk.py", "--sd-name", domain.name, "--disk-format", disk_format, "--disk-sparse", source)
            disk_id = re.search(r"Disk ID: (\S+)", said).group(1)
            fetched(disk_id, "raw", by_example)
            disks.disk_service(disk_id).remove()
    with check("the SDK's checksum_disk.py agrees with ovirt_imageio's own sum"):
        from ovirt_imageio import client

        said = example("upload_disk.py", "--sd-name", domain.name, "--disk-sparse", DISK)
        disk_id = re.search(r"Disk ID: (\S+)", said).group(1)
        answer = json.loads(example("checksum_disk.py", disk_id))
        own = client.checksum(DISK, block_size=answer["block_size"], algorithm=answer["algorithm"])
        equal(answer["checksum"], own["checksum"], "the checksum")
        disks.disk_service(disk_id).remove()
    with check("the SDK's list_storage_domains.py"):
        if domain.name not in example("list_storage_domains.py"):
            raise AssertionError("our domain is not in what it printed")
    os.unlink(raw)


with program() as cleaning:
    main(cleaning)
