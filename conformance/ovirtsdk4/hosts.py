"""What the SDK does to hosts beside their power: adding, installing again, upgrading, new certificates, who serves the storage.

The instance has one host, which serves its storage and joined by itself; what needs a machine with SSH is in the plays of Ansible. Its
exchanges are samples of a client of its own, so that they can be recorded without those of the tour.
"""

import uuid

import ovirtsdk4 as sdk
from ovirtsdk4 import types

from checks import check, connect, equal, program, until

TAG = uuid.uuid4().hex[:8]


def refused(call, code, words=None):
    try:
        call()
    except sdk.Error as error:
        equal(error.code, code, "the code of the refusal")
        if words is not None and words not in str(error):
            raise AssertionError(f"it does not say {words!r}: {error}")
    else:
        raise AssertionError("it was not refused")


def hosts(system):
    service = system.hosts_service()
    host = next(each for each in service.list() if each.status == types.HostStatus.UP)
    one = service.host_service(host.id)
    with check("a machine that cannot be resolved is not added, and nothing is left of it: 4xx in words"):
        refused(lambda: service.add(types.Host(
            name=f"sdk-{TAG}", address=f"{TAG}.invalid", root_password="not-to-be-seen",
            cluster=types.Cluster(id=host.cluster.id))), 400, "cannot be resolved")
        equal(service.list(search=f"name=sdk-{TAG}"), [], "hosts of that name")
    with check("an address that a host has already is refused: 409"):
        refused(lambda: service.add(types.Host(
            name=f"sdk-{TAG}", address=host.address, root_password="not-to-be-seen",
            ssh=types.Ssh(port=22, fingerprint="SHA256:" + "A" * 43))), 409, "has the address")
    with check("whether a host has the agent of its engine is looked up"):
        one.upgrade_check()
        until("the event of the look", lambda: system.events_service().list(search="type=885"))
        equal(one.get().update_available, False, "update_available")
    with check("a host that joined by itself cannot be upgraded by the engine: 409 in words"):
        refused(one.upgrade, 409, "cannot sign in")
    with check("a host that is up is not installed again, nor approved: 409"):
        refused(lambda: one.install(root_password="not-to-be-seen", ssh=types.Ssh(port=22)), 409)
        refused(one.approve, 409)
    with check("a host gets a new certificate while it runs"):
        one.enroll_certificate()
        until("the event of the renewal", lambda: system.events_service().list(search="type=881"))
        equal(one.get().status, types.HostStatus.UP, "its status")
    with check("who serves the storage already is not made to: 409"):
        refused(one.force_select_spm, 409, "is the SPM already")
    with check("whoever upgrades a cluster says how far it is, and nobody else does meanwhile"):
        cluster = system.clusters_service().cluster_service(host.cluster.id)
        cluster.upgrade(upgrade_action=types.ClusterUpgradeAction.START, correlation_id=TAG)
        now = cluster.get()
        equal((now.upgrade_in_progress, now.upgrade_correlation_id), (True, TAG), "what the cluster says")
        refused(lambda: cluster.upgrade(upgrade_action=types.ClusterUpgradeAction.START, correlation_id="x"), 409)
        cluster.upgrade(upgrade_action=types.ClusterUpgradeAction.UPDATE_PROGRESS, upgrade_percent_complete=15, correlation_id=TAG)
        equal(cluster.get().upgrade_percent_complete, 15, "how far it is")
        refused(lambda: cluster.upgrade(
            upgrade_action=types.ClusterUpgradeAction.UPDATE_PROGRESS, upgrade_percent_complete=16, correlation_id="x"), 409)
        cluster.upgrade(upgrade_action=types.ClusterUpgradeAction.FINISH, correlation_id=TAG)
        equal(cluster.get().upgrade_in_progress, False, "whether it goes on")
    with check("networks of hosts are durable without a commit"):
        one.commit_net_config()
    with check("what this release cannot do is refused in words: 400"):
        iscsi = types.IscsiDetails(address="192.0.2.1", port=3260)
        refused(lambda: one.iscsi_discover(iscsi=iscsi), 400, "iSCSI")
        refused(lambda: one.discover_iscsi(iscsi=iscsi), 400, "iSCSI")
        refused(lambda: one.iscsi_login(iscsi=types.IscsiDetails(address="192.0.2.1", target="iqn.x")), 400, "iSCSI")
        refused(lambda: one.unregistered_storage_domains_discover(iscsi=iscsi), 400, "iSCSI")
        refused(lambda: one.setup_networks(commit_on_success=True, check_connectivity=True), 400, "attach the network")
        refused(lambda: one.copy_host_networks(source_host=types.Host(id=host.id)), 400, "attach the network")
        refused(one.sync_all_networks, 400, "attach the network")


with program() as cleaning:
    connection = connect()
    cleaning.append(connection.close)
    hosts(connection.system_service())
