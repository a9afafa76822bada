export { StatusIcon } from './icon.tsx'
export { roleOf, type StatusKind, type StatusOf, type StatusRole, statuses, statusRoles, vmStatusOf } from './look.ts'
export { Status, useStatusWord, VmStatusLabel } from './status.tsx'
