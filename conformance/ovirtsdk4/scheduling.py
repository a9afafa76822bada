"""What tells hosts and VMs of a cluster apart: scheduling policies and their units, affinity groups and labels, through the SDK.

Its exchanges are samples of a client of its own, so that they can be recorded without those of the tour.
"""

import uuid

import ovirtsdk4 as sdk
from ovirtsdk4 import types

from checks import check, connect, equal, gone, program

TAG = uuid.uuid4().hex[:8]


def policies(system, cleaning):
    units = system.scheduling_policy_units_service()
    with check("every policy unit is read by its address, and none of the product can be removed"):
        found = units.list()
        for unit in found[:3]:
            equal(units.unit_service(unit.id).get().name, unit.name, "the unit's name")
        kinds = {unit.type for unit in found}
        equal(kinds, {types.PolicyUnitType.FILTER, types.PolicyUnitType.WEIGHT, types.PolicyUnitType.LOAD_BALANCING}, "the kinds of units")
        try:
            units.unit_service(found[0].id).remove()
        except sdk.Error as error:
            equal(error.code, 409, "the code of the refusal")
        else:
            raise AssertionError("a unit of the product was removed")
    service = system.scheduling_policies_service()
    with check("the policies of the product are there, locked, one of them the default"):
        built_in = {each.name: each for each in service.list() if each.locked}
        equal(set(built_in), {"none", "evenly_distributed", "power_saving", "vm_evenly_distributed", "cluster_maintenance"}, "their names")
        equal([each.name for each in built_in.values() if each.default_policy], ["none"], "the default")
        saving = service.policy_service(built_in["power_saving"].id).get()
        equal({each.name: each.value for each in saving.properties}["LowUtilization"], "20", "a property")
        try:
            service.policy_service(saving.id).update(types.SchedulingPolicy(description="mine"))
        except sdk.Error as error:
            equal(error.code, 409, "the code of the refusal")
        else:
            raise AssertionError("a policy of the product was changed")
    with check("a policy of one's own: made, filled with units, changed, emptied, removed"):
        made = service.add(types.SchedulingPolicy(
            name=f"policy-{TAG}", description="one",
            properties=[types.Property(name="HighUtilization", value="70"), types.Property(name="CpuOverCommitDurationMinutes", value="3")]))
        mine = service.policy_service(made.id)
        cleaning.append(lambda: quietly(mine))
        equal(mine.update(types.SchedulingPolicy(description="two")).description, "two", "the description")
        by_name = {(unit.type, unit.name): unit for unit in units.list()}
        memory = by_name[types.PolicyUnitType.FILTER, "Memory"]
        filters = mine.filters_service()
        filters.add(types.Filter(scheduling_policy_unit=types.SchedulingPolicyUnit(id=memory.id), position=1))
        equal(filters.filter_service(memory.id).get().position, 1, "the position")
        equal([each.id for each in filters.list()], [memory.id], "the filters")
        even = by_name[types.PolicyUnitType.WEIGHT, "OptimalForMemoryEvenDistribution"]
        weights = mine.weights_service()
        weights.add(types.Weight(scheduling_policy_unit=types.SchedulingPolicyUnit(id=even.id), factor=7))
        equal(weights.weight_service(even.id).get().factor, 7, "the factor")
        equal(len(weights.list()), 1, "the number of weights")
        balance = by_name[types.PolicyUnitType.LOAD_BALANCING, "OptimalForEvenDistribution"]
        balances = mine.balances_service()
        balances.add(types.Balance(scheduling_policy_unit=types.SchedulingPolicyUnit(id=balance.id)))
        equal(balances.balance_service(balance.id).get().id, balance.id, "the balance")
        equal(len(balances.list()), 1, "the number of balances")
        clusters = system.clusters_service()
        cluster = clusters.list()[0]
        one = clusters.cluster_service(cluster.id)
        one.update(types.Cluster(
            scheduling_policy=types.SchedulingPolicy(id=made.id),
            custom_scheduling_policy_properties=[types.Property(name="HighUtilization", value="60")]))
        try:
            equal({each.name: each.value for each in one.get().custom_scheduling_policy_properties}, {"HighUtilization": "60"}, "the properties")
            mine.remove()
        except sdk.Error as error:
            equal(error.code, 409, "the code of the refusal")
        else:
            raise AssertionError("a policy that a cluster has was removed")
        finally:
            one.update(types.Cluster(scheduling_policy=types.SchedulingPolicy(name="none")))
        balances.balance_service(balance.id).remove()
        weights.weight_service(even.id).remove()
        filters.filter_service(memory.id).remove()
        mine.remove()
        gone(mine.get)


def affinity(system, cleaning):
    clusters = system.clusters_service()
    cluster = clusters.list()[0]
    host = system.hosts_service().list()[0]
    vms = system.vms_service()
    vm = vms.add(types.Vm(name=f"affine-{TAG}", cluster=types.Cluster(id=cluster.id), template=types.Template(name="Blank")))
    cleaning.append(lambda: quietly(vms.vm_service(vm.id)))
    labels = system.affinity_labels_service()
    with check("affinity labels: made, changed, put on VM and host from either side, taken off, removed"):
        label = labels.add(types.AffinityLabel(name=f"label-{TAG}", has_implicit_affinity_group=False))
        service = labels.label_service(label.id)
        cleaning.append(lambda: quietly(service))
        equal(service.update(types.AffinityLabel(name=f"label-{TAG}-2")).name, f"label-{TAG}-2", "the name")
        service.vms_service().add(types.Vm(id=vm.id))
        equal([each.id for each in service.vms_service().list()], [vm.id], "the VMs with the label")
        equal(service.vms_service().vm_service(vm.id).get().id, vm.id, "the VM below the label")
        service.vms_service().vm_service(vm.id).remove()
        service.hosts_service().add(types.Host(id=host.id))
        equal([each.id for each in service.hosts_service().list()], [host.id], "the hosts with the label")
        equal(service.hosts_service().host_service(host.id).get().id, host.id, "the host below the label")
        service.hosts_service().host_service(host.id).remove()
        for owner in (vms.vm_service(vm.id), system.hosts_service().host_service(host.id)):
            below = owner.affinity_labels_service()
            below.add(types.AffinityLabel(id=label.id))
            equal([each.id for each in below.list()], [label.id], "the labels of the owner")
            equal(below.label_service(label.id).get().id, label.id, "the label below the owner")
            below.label_service(label.id).remove()
    groups = clusters.cluster_service(cluster.id).affinity_groups_service()
    with check("affinity groups: made with rules and members, changed, members one by one, removed"):
        made = groups.add(types.AffinityGroup(
            name=f"group-{TAG}", priority=2.0,
            vms_rule=types.AffinityRule(enabled=True, positive=False, enforcing=True),
            hosts_rule=types.AffinityRule(enabled=True, positive=True, enforcing=False),
            vms=[types.Vm(id=vm.id)]))
        one = groups.group_service(made.id)
        cleaning.append(lambda: quietly(one))
        read = one.get(follow="vms")
        equal((read.priority, read.vms_rule.positive, read.hosts_rule.enforcing, read.broken), (2.0, False, False, False), "what was said")
        equal([each.id for each in read.vms], [vm.id], "the VMs")
        equal(one.update(types.AffinityGroup(description="two")).description, "two", "the description")
        equal([each.id for each in one.vms_service().list()], [vm.id], "the VMs, asked by themselves")
        one.vms_service().vm_service(vm.id).remove()
        one.vms_service().add(types.Vm(id=vm.id))
        one.hosts_service().add(types.Host(id=host.id))
        equal([each.id for each in one.hosts_service().list()], [host.id], "the hosts")
        one.hosts_service().host_service(host.id).remove()
        for below in (one.vm_labels_service(), one.host_labels_service()):
            below.add(types.AffinityLabel(id=label.id))
            equal([each.id for each in below.list()], [label.id], "the labels of the group")
            below.label_service(label.id).remove()
        equal([each.id for each in groups.list() if each.name == f"group-{TAG}"], [made.id], "the group in its list")
    with check("groups that contradict each other are refused with 409"):
        other = vms.add(types.Vm(name=f"affine2-{TAG}", cluster=types.Cluster(id=cluster.id), template=types.Template(name="Blank")))
        cleaning.append(lambda: quietly(vms.vm_service(other.id)))
        one.vms_service().add(types.Vm(id=other.id))
        try:
            groups.add(types.AffinityGroup(
                name=f"contrary-{TAG}", vms_rule=types.AffinityRule(enabled=True, positive=True, enforcing=True),
                vms=[types.Vm(id=vm.id), types.Vm(id=other.id)]))
        except sdk.Error as error:
            equal(error.code, 409, "the code of the refusal")
        else:
            raise AssertionError("two groups that contradict each other were taken")
    with check("groups and labels are removed"):
        one.remove()
        gone(one.get)
        service.remove()
        gone(service.get)


def quietly(service):
    try:
        service.remove()
    except sdk.NotFoundError:
        pass


with program() as cleaning:
    connection = connect()
    cleaning.append(connection.close)
    policies(connection.system_service(), cleaning)
    affinity(connection.system_service(), cleaning)
