"""Power management of hosts through the SDK: fence agents, what is said of it in the host, and the fence action.

Its exchanges are samples of a client of its own, so that they can be recorded without those of the tour.
"""

import uuid

import ovirtsdk4 as sdk
from ovirtsdk4 import types

from checks import check, connect, equal, gone, program

TAG = uuid.uuid4().hex[:8]


def refused(call, code):
    try:
        call()
    except sdk.Error as error:
        equal(error.code, code, "the code of the refusal")
    else:
        raise AssertionError("it was not refused")


def power(system, cleaning):
    host = next(each for each in system.hosts_service().list() if each.status == types.HostStatus.UP)
    service = system.hosts_service().host_service(host.id)
    agents = service.fence_agents_service()
    with check("without power management a host is not fenced: 409"):
        equal(host.power_management.enabled, False, "power management")
        refused(lambda: service.fence(fence_type="status"), 409)
    with check("a fence agent is made, read, changed and listed; its password never comes back"):
        made = agents.add(types.Agent(
            type="ipmilan", address=f"bmc-{TAG}", username="admin", password="not-to-be-seen", port=623, order=1,
            encrypt_options=True, options=[types.Option(name="lanplus", value="1")]))
        one = agents.agent_service(made.id)
        cleaning.append(lambda: quietly(one))
        read = one.get()
        equal((read.type, read.address, read.username, read.port, read.order, read.encrypt_options, read.password),
              ("ipmilan", f"bmc-{TAG}", "admin", 623, 1, True, None), "what was said")
        equal([(each.name, each.value) for each in read.options], [("lanplus", "1")], "the options")
        equal(one.update(types.Agent(username="root")).username, "root", "the user")
        equal([each.id for each in agents.list()], [made.id], "the list")
        refused(lambda: agents.add(types.Agent(type="ipmilan", address=f"bmc-{TAG}", port=623, username="a", password="b")), 409)
    with check("power management is switched on; who is alone has nobody who could switch its power: 409"):
        service.update(types.Host(power_management=types.PowerManagement(enabled=True)))
        cleaning.append(lambda: service.update(types.Host(power_management=types.PowerManagement(enabled=False))))
        equal(service.get().power_management.enabled, True, "power management")
        refused(lambda: service.fence(fence_type="status"), 409)
    with check("who is heard is not confirmed to be rebooted: 409; an unknown kind of fence is refused: 400"):
        refused(lambda: service.fence(fence_type="manual"), 409)
        refused(lambda: service.fence(fence_type="kick"), 400)
    with check("a fence agent is removed"):
        service.update(types.Host(power_management=types.PowerManagement(enabled=False)))
        one.remove()
        gone(one.get)


def quietly(service):
    try:
        service.remove()
    except sdk.NotFoundError:
        pass


with program() as cleaning:
    connection = connect()
    cleaning.append(connection.close)
    power(connection.system_service(), cleaning)
