"""libgovirt, as virt-viewer uses it: signs in with the CA file, finds a VM and takes its ticket.

Settings come by environment: ROOKERY_URL, ROOKERY_CA, ROOKERY_USER, ROOKERY_PASSWORD_FILE, ROOKERY_VM (the name of a VM that is up).
"""

import json
import os
import ssl
import sys
import urllib.parse
import urllib.request

import gi

gi.require_version("GoVirt", "1.0")
from gi.repository import GoVirt  # noqa: E402  after the version is chosen


def tell(**line):
    print(json.dumps(line), flush=True)


def check(name, work):
    """Runs one check; an exception is its failure, and ends the program: each step needs the one before."""
    try:
        value = work()
    except Exception as error:
        tell(check=name, ok=False, why=f"{type(error).__name__}: {error}")
        sys.exit(0)
    tell(check=name, ok=True)
    return value


def password():
    with open(os.environ["ROOKERY_PASSWORD_FILE"]) as file:
        return file.read().rstrip("\n")


def need(condition, why):
    if not condition:
        raise AssertionError(why)


address = urllib.parse.urlparse(os.environ["ROOKERY_URL"]).netloc
name = os.environ["ROOKERY_VM"]
# Host and port without a scheme, as people type it: then it looks for the CA at /ca.crt.
proxy = GoVirt.Proxy.new(address)
# What virt-viewer's password dialog sets; they are sent only after the server's challenge.
proxy.set_property("username", os.environ["ROOKERY_USER"])
proxy.set_property("password", password())


def fetch_ca():
    """Its own fetching is done by GVfs, which needs a desktop session: the same address is read here, unverified as there."""
    anybody = ssl.create_default_context()
    anybody.check_hostname = False
    anybody.verify_mode = ssl.CERT_NONE
    with urllib.request.urlopen(f"https://{address}/ca.crt", context=anybody) as answer:
        fetched = answer.read().decode()
    with open(os.environ["ROOKERY_CA"]) as file:
        need(ssl.PEM_cert_to_DER_cert(fetched) == ssl.PEM_cert_to_DER_cert(file.read()), "it is another certificate")
    proxy.set_property("ssl-ca-file", os.environ["ROOKERY_CA"])


def sign_in():
    api = proxy.fetch_api()
    need(api is not None, "no root document came")
    return api


def find():
    vms = api.search_vms(f"name={name}")
    need(vms is not None, "there is no vms/search link")
    vms.fetch(proxy)
    found = vms.lookup_resource(name)
    need(found is not None, f"{name} is not among {sorted(vms.get_resources() or {})}")
    need(found.get_property("guid"), "the VM has no id")
    need(found.get_property("state") == GoVirt.VmState.UP, f"its state is {found.get_property('state')}")
    return found


def lists():
    vms = api.get_vms()
    vms.fetch(proxy)
    need(name in (vms.get_resources() or {}), "the VM is not in the list")


def ticket():
    need(vm.get_ticket(proxy), "the action failed")
    display = vm.get_property("display")
    need(display.get_property("ticket"), "the ticket has no value")
    need(display.get_property("expiry") > 0, f"the expiry is {display.get_property('expiry')}")


def screen():
    need(vm.refresh(proxy), "it could not be read again")
    display = vm.get_property("display")
    need(display.get_property("type") == GoVirt.VmDisplayType.VNC, f"the display's type is {display.get_property('type')}")
    need(display.get_property("address"), "the display has no address")
    need(display.get_property("port") > 0, f"the display's port is {display.get_property('port')}")


def cd_menu():
    cdroms = vm.get_cdroms()
    need(cdroms is not None, "the VM has no cdroms link")
    cdroms.fetch(proxy)
    need(len(cdroms.get_resources() or {}) <= 1, "more than one CD-ROM")
    domains = api.get_storage_domains()
    domains.fetch(proxy)
    iso = [each for each in (domains.get_resources() or {}).values() if each.get_property("type") == GoVirt.StorageDomainType.ISO]
    need(iso, "there is no ISO domain in the list")
    files = iso[0].get_files()
    need(files is not None, "the ISO domain has no files link")
    files.fetch(proxy)


check("gets the CA certificate where it looks for it, /ca.crt", fetch_ca)
api = check("signs in after the challenge, and reads the root document", sign_in)
check("lists the VMs", lists)
vm = check("finds the VM by search", find)
check("takes its ticket: value and expiry", ticket)
check("reads what its CD menu needs: CD-ROMs, storage domains, files", cd_menu)
check("sees where the screen is: VNC, address and port", screen)
