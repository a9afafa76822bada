import { randomUUID } from 'node:crypto'
import type { EngineDatabase } from '../../../test/database.ts'
import { permissionTest } from '../../../test/permission.ts'
import { type Site, site } from '../../../test/site.ts'
import * as group from './group-operations.ts'
import * as label from './label-operations.ts'

let here: Site
const another = (what: string): string => `${what}-${randomUUID().slice(0, 8)}`
const aCluster = async (db: EngineDatabase) => {
  here = await site(db)
  return here.cluster
}
const aGroup = async (db: EngineDatabase) => {
  const id = randomUUID()
  const clusterId = await aCluster(db)
  await db.db.sql`insert into affinity_group (id, cluster_id, name) values (${id}, ${clusterId}, ${another('group')})`
  return id
}
const aGroupWithVm = async (db: EngineDatabase) => {
  const id = await aGroup(db)
  await db.db.sql`insert into affinity_group_vm (group_id, vm_id) values (${id}, ${here.vm})`
  return id
}
const aLabel = async (db: EngineDatabase) => {
  const id = randomUUID()
  await db.db.sql`insert into affinity_label (id, name) values (${id}, ${another('label')})`
  return id
}

permissionTest(group.add, { object: aCluster, input: ({ id }) => ({ clusterId: id, name: another('group') }) })
permissionTest(group.add, {
  when: 'and sees the members that it names',
  object: aCluster,
  input: ({ id }) => ({ clusterId: id, name: another('group'), vmIds: [here.vm] }),
  besides: () => [{ kind: 'vm', id: here.vm }],
})
permissionTest(group.update, { object: aGroup, input: ({ id }) => ({ id, description: 'x' }) })
permissionTest(group.remove, { object: aGroup, input: ({ id }) => ({ id }) })
permissionTest(group.addMember, {
  object: aGroup,
  input: ({ id }) => ({ id, kind: 'host' as const, memberId: here.host }),
  besides: () => [{ kind: 'host', id: here.host }],
})
permissionTest(group.removeMember, {
  object: aGroupWithVm,
  input: ({ id }) => ({ id, kind: 'vm' as const, memberId: here.vm }),
})

permissionTest(label.add, { input: () => ({ name: another('label') }) })
permissionTest(label.update, { input: async (_, db) => ({ id: await aLabel(db), description: 'x' }) })
permissionTest(label.remove, { input: async (_, db) => ({ id: await aLabel(db) }) })
permissionTest(label.assign, {
  input: async (_, db) => ({ id: await aLabel(db), kind: 'vm' as const, memberId: (await site(db)).vm }),
})
permissionTest(label.unassign, {
  input: async (_, db) => {
    const [id, { vm }] = [await aLabel(db), await site(db)]
    await db.db.sql`insert into affinity_label_vm (label_id, vm_id) values (${id}, ${vm})`
    return { id, kind: 'vm' as const, memberId: vm }
  },
})
