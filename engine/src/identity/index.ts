import type { DomainModule } from '../core/registry.ts'
import { abandonJob, cancelJob, retryJob } from '../jobs/control.ts'
import { list as listJobs, stepsOf } from '../jobs/queries.ts'
import { list as listEvents, searchEvents } from '../events/queries.ts'
import { reconciler } from '../reconcile/reconciler.ts'
import { bootstrapIdentity } from './bootstrap.ts'
import { sweepFailures } from './login.ts'
import { addPermission, listPermissions, removePermission } from './permissions.ts'
import { listPreferences, setPreference } from './preferences.ts'
import { addRole, removeRole, updateRole } from './role-operations.ts'
import { endOneSession, listSessions } from './session-operations.ts'
import { sweepSessions } from './sessions.ts'
import { addUser, removeUser, setPassword, updateUser } from './user-operations.ts'
import { fragment } from '../db/index.ts'
import { searchOf } from '../search/index.ts'
import { listRoles, listUsers, userFields, whoAmI } from './users.ts'

/** Users, roles, permissions, sessions; and the operations on jobs and events, which belong to everybody. */
export const identity: DomainModule = {
  name: 'identity',
  operations: [
    addUser,
    updateUser,
    removeUser,
    setPassword,
    addPermission,
    removePermission,
    addRole,
    updateRole,
    removeRole,
    endOneSession,
    setPreference,
    cancelJob,
    retryJob,
    abandonJob,
  ],
  queries: [
    listUsers,
    whoAmI,
    listRoles,
    listPermissions,
    listJobs,
    stepsOf,
    listEvents,
    listSessions,
    listPreferences,
    searchOf('user', 'user', userFields, fragment`lower(v.name), v.id`),
    searchEvents,
  ],
  jobs: [],
  reconcilers: [
    reconciler('sessions', { every: '5s' }, async ctx => {
      await sweepSessions(ctx.env.db)
      await sweepFailures(ctx.env.db)
    }),
  ],
  bootstrap: engine => bootstrapIdentity(engine.db, engine.config.adminPasswordFile),
}
