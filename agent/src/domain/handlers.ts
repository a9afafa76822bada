import type { Handler, Handlers, VmKind } from '../tasks/registry.ts'
import { type DomainContext, steady } from './context.ts'
import { finishHandler, prepareHandler } from '../migration/arrival.ts'
import { migrateHandler } from '../migration/departure.ts'
import type { MigrationParts } from '../migration/parts.ts'
import { createHandler } from './create.ts'
import { deviceHandlers } from './devices.ts'
import { powerHandlers } from './power.ts'
import { saveHandler } from './save.ts'

/** The handler of every VM task. */
export function vmHandlers(
  ctx: DomainContext,
  console: Handler<'vm.console'>,
  migration: MigrationParts | null,
): Handlers<VmKind> {
  const power = powerHandlers(ctx)
  const device = deviceHandlers(ctx)
  return {
    'vm.create': steady(ctx, createHandler(ctx)),
    'vm.destroy': steady(ctx, power['vm.destroy']),
    'vm.shutdown': steady(ctx, power['vm.shutdown']),
    'vm.reboot': steady(ctx, power['vm.reboot']),
    'vm.reset': steady(ctx, power['vm.reset']),
    'vm.resume': steady(ctx, power['vm.resume']),
    'vm.save': steady(ctx, saveHandler(ctx)),
    'vm.cdrom': steady(ctx, device['vm.cdrom']),
    'vm.nic.plug': steady(ctx, device['vm.nic.plug']),
    'vm.nic.unplug': steady(ctx, device['vm.nic.unplug']),
    'vm.disk.plug': steady(ctx, device['vm.disk.plug']),
    'vm.disk.unplug': steady(ctx, device['vm.disk.unplug']),
    'vm.migrate.prepare': steady(ctx, prepareHandler(ctx, migration)),
    'vm.migrate': steady(ctx, migrateHandler(ctx, migration)),
    'vm.migrate.finish': steady(ctx, finishHandler(ctx)),
    'vm.console': steady(ctx, console),
  }
}
