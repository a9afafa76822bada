import { conflict, invalid, notFound } from '@rookery/model'
import type { DiskSpec, DomainSpec, IsoRef, NicSpec, TaskOf, VolumeRef } from '@rookery/protocol'
import { runsOf, type SimHost } from '../host.ts'
import {
  abandonSave,
  addRun,
  beginSave,
  changeSpec,
  endRun,
  launch,
  pressPower,
  type Run,
  reboot,
  resume,
} from '../life.ts'
import { beginToLeave, finishArrival, goOver, prepareArrival, stay, tellProgress } from '../migration.ts'
import { demand, type Plan } from './table.ts'

type VmTask = TaskOf<
  | 'vm.create'
  | 'vm.destroy'
  | 'vm.shutdown'
  | 'vm.reboot'
  | 'vm.reset'
  | 'vm.resume'
  | 'vm.save'
  | 'vm.cdrom'
  | 'vm.nic.plug'
  | 'vm.nic.unplug'
  | 'vm.disk.plug'
  | 'vm.disk.unplug'
  | 'vm.console'
  | 'vm.migrate.prepare'
  | 'vm.migrate'
  | 'vm.migrate.finish'
>

/** How runs of VMs are pretended. */
export function vmPlan(host: SimHost, task: VmTask): Plan {
  switch (task.kind) {
    case 'vm.create':
      return create(host, task.spec)
    case 'vm.destroy':
      return {
        ms: [20, 150],
        effect() {
          const run = host.runs.get(task.runId)
          if (run !== undefined) endRun(host, run, 'destroyed')
        },
      }
    case 'vm.shutdown':
      return { ms: [10, 60], effect: () => pressPower(host, host.run(task)) }
    case 'vm.reboot':
      return { ms: [10, 60], effect: () => reboot(host, host.run(task), 'asked') }
    case 'vm.reset':
      return { ms: [10, 60], effect: () => reboot(host, host.run(task), 'reset') }
    case 'vm.resume':
      return { ms: [10, 60], effect: () => resume(host, host.run(task)) }
    case 'vm.save':
      return save(host, task)
    case 'vm.cdrom':
      return {
        ms: [20, 150],
        effect() {
          const run = host.run(task)
          if (task.medium !== null) demandMedium(host, task.medium)
          changeSpec(host, run, { cdrom: { medium: task.medium } })
        },
      }
    case 'vm.nic.plug':
      return {
        ms: [20, 150],
        effect() {
          const run = host.run(task)
          demandNetwork(host, task.nic)
          if (!run.spec.nics.some(n => n.mac === task.nic.mac))
            changeSpec(host, run, { nics: [...run.spec.nics, task.nic] })
        },
      }
    case 'vm.nic.unplug':
      return {
        ms: [20, 150],
        effect() {
          const run = host.run(task)
          changeSpec(host, run, { nics: run.spec.nics.filter(n => n.mac !== task.mac) })
        },
      }
    case 'vm.disk.plug':
      return {
        ms: [20, 150],
        effect() {
          const run = host.run(task)
          demandDisk(host, task.disk)
          if (!run.spec.disks.some(d => d.diskId === task.disk.diskId))
            changeSpec(host, run, { disks: [...run.spec.disks, { ...task.disk, bootable: false }] })
        },
      }
    case 'vm.disk.unplug':
      return {
        ms: [20, 150],
        effect() {
          const run = host.run(task)
          changeSpec(host, run, { disks: run.spec.disks.filter(d => d.diskId !== task.diskId) })
        },
      }
    case 'vm.console':
      if (task.mode === 'listen' && (task.protocol !== 'vnc' || task.password === null))
        throw invalid('console.listen', 'Only a VNC console with a password can wait for a viewer of its own.')
      return { ms: [5, 30], effect: () => host.consoles.open(task, host.run(task)) }
    case 'vm.migrate.prepare':
      return prepare(host, task)
    case 'vm.migrate':
      return migrate(host, task)
    case 'vm.migrate.finish':
      return { ms: [10, 60], effect: () => ({ runId: task.runId, arrived: finishArrival(host, task.runId) }) }
  }
}

function create(host: SimHost, spec: DomainSpec): Plan {
  let made: Run | undefined
  return {
    ms: [80, 400],
    begin() {
      if (host.runs.has(spec.runId)) return
      for (const other of runsOf(host, spec.vmId))
        throw conflict('vm.already_running', `${spec.name} already runs on this host.`, {
          ref: { kind: 'vm', id: spec.vmId },
          detail: { runId: other.report.runId },
        })
      if (spec.maxMemory < spec.memory) throw invalid('vm.max_memory', 'The upper end of memory is below the memory.')
      for (const disk of spec.disks) demandDisk(host, disk)
      for (const nic of spec.nics) demandNetwork(host, nic)
      if (spec.cdrom.medium !== null) demandMedium(host, spec.cdrom.medium)
      if (spec.restoreFrom !== null)
        demand(host.volume(spec.restoreFrom).facts.saved, 'vm.restore', 'No memory was saved in this volume.')
      made = addRun(host, spec)
    },
    effect() {
      const run = host.runs.get(spec.runId)
      if (run?.report.status === 'wait_for_launch') launch(host, run)
    },
    undo() {
      if (made !== undefined && host.runs.get(spec.runId) === made) endRun(host, made, 'destroyed')
    },
  }
}

function prepare(host: SimHost, task: TaskOf<'vm.migrate.prepare'>): Plan {
  return {
    ms: [20, 150],
    begin() {
      if (host.runs.has(task.runId)) return
      for (const other of runsOf(host, task.vmId))
        throw conflict('vm.other_run', `VM ${task.vmId} runs here already, as run ${other.report.runId}.`, {
          ref: { kind: 'vm', id: task.vmId },
        })
      for (const { volume } of task.disks) host.volume(volume)
      for (const nic of task.nics) demandNetwork(host, nic)
      if (task.medium !== null) demandMedium(host, task.medium)
    },
    effect: () => prepareArrival(host, task),
  }
}

function migrate(host: SimHost, task: TaskOf<'vm.migrate'>): Plan {
  const gone = { left: true, downtimeMs: null, durationMs: null, transferred: null, postCopy: false }
  const leaving = () => host.runs.get(task.runId)
  return {
    ms: [1500, 6000],
    begin() {
      const run = leaving()
      if (run !== undefined) beginToLeave(host, run, task.target)
    },
    during(part) {
      const run = leaving()
      if (run !== undefined) tellProgress(host, run, part)
    },
    effect() {
      const run = leaving()
      return run === undefined ? gone : goOver(host, run)
    },
    undo() {
      const run = leaving()
      if (run !== undefined) stay(host, run)
    },
  }
}

function save(host: SimHost, task: TaskOf<'vm.save'>): Plan {
  const before = host.runs.get(task.runId)
  return {
    ms: [500, 2000],
    begin() {
      const { facts } = host.volume(task.to)
      if (before === undefined && facts.saved) return
      const run = host.run(task)
      demand(facts.purpose === 'memory', 'vm.save.volume', 'The volume is not for saved memory.')
      beginSave(host, run)
    },
    effect() {
      const run = host.runs.get(task.runId)
      if (run === undefined && before === undefined) return
      if (run === undefined) throw conflict('vm.save.ended', 'The guest ended while its memory was being saved.')
      const volume = host.volume(task.to)
      volume.facts.saved = true
      host.fleet.pool.saveVolume(host.domain(task.to.storageDomainId), volume)
      endRun(host, run, 'saved')
    },
    undo() {
      const run = host.runs.get(task.runId)
      if (run?.report.status === 'saving_state') abandonSave(host, run)
    },
  }
}

function demandDisk(host: SimHost, disk: DiskSpec): void {
  const { facts } = host.volume(disk.volume)
  if (facts.format !== disk.format)
    throw conflict('volume.format', `The volume is ${facts.format}, not ${disk.format}.`)
  demand(facts.legal, 'volume.illegal', 'The content of the disk was not verified; finish its upload first.')
}

function demandNetwork(host: SimHost, nic: NicSpec): void {
  if (nic.networkId !== null && !host.networks.has(nic.networkId))
    throw notFound('network.not_found', `The network of ${nic.name} is not present on this host.`, {
      ref: { kind: 'network', id: nic.networkId },
    })
}

function demandMedium(host: SimHost, medium: IsoRef | VolumeRef): void {
  const domain = host.domain(medium.storageDomainId)
  if (!('file' in medium)) host.volume(medium)
  else if (!domain.files.some(f => f.name === medium.file))
    throw notFound('iso.not_found', `Storage domain ${domain.info.name} has no file ${medium.file}.`)
}
