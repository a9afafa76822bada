import { constants } from 'node:fs'
import { access, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { account, isRoot } from '../../system/account.ts'
import { exec } from '../../system/exec.ts'
import { bootId } from '../../system/proc.ts'
import { type Finding, check, good, poor } from '../finding.ts'
import type { Scene } from '../scene.ts'
import { same, t } from '../text.ts'
import { nesting, type Outer, outerOf } from './outer.ts'

const codes = [
  'doctor.cpu.ok',
  'doctor.cpu.few',
  'doctor.cpu.no_flags',
  'doctor.cpu.nested_no_flags',
  'doctor.cpu.no_module',
  'doctor.cpu.kvm_closed',
  'doctor.cpu.kvm_fails',
] as const

/** What there is to run guests with. */
export interface CpuFacts {
  readonly count: number
  readonly model: string
  /** Whether processors of this kind announce virtualization by a flag at all; arm64 does not. */
  readonly hasFlags: boolean
  readonly flag: 'vmx' | 'svm' | undefined
  /** Whether something around this machine says that it is virtual. */
  readonly virtual: boolean
  readonly outer: Outer
  /** /dev/kvm: not there, there but closed to QEMU's user, or open. */
  readonly device: 'absent' | 'closed' | 'open'
  /** What the agent found by running a few guest instructions during this boot; it has the last word. */
  readonly tried: { readonly kind: 'kvm' | 'tcg'; readonly reason: string } | undefined
}

/** Whether guests run on the CPU itself (KVM) or in software, and why. Nothing here blocks: software emulation always works. */
export const cpu = check({ topic: 'cpu', title: t('CPU', 'CPU'), codes, gather: gatherCpu, decide: cpuFindings })

async function gatherCpu(s: Scene): Promise<CpuFacts> {
  const text = await readFile('/proc/cpuinfo', 'utf8')
  const dmi = await Promise.all(
    ['sys_vendor', 'product_name', 'board_vendor'].map(name =>
      readFile(join('/sys/class/dmi/id', name), 'utf8').catch(() => ''),
    ),
  )
  const flags = new Set((/^flags\s*:(.*)$/m.exec(text)?.[1] ?? '').trim().split(/\s+/))
  return {
    count: Math.max(1, (text.match(/^processor\s*:/gm) ?? []).length),
    model: (/^model name\s*:\s*(.*)$/m.exec(text)?.[1] ?? process.arch).trim(),
    hasFlags: process.arch === 'x64',
    flag: flags.has('vmx') ? 'vmx' : flags.has('svm') ? 'svm' : undefined,
    virtual: flags.has('hypervisor'),
    outer: outerOf(dmi.join(' ')),
    device: await device(),
    tried: await tried(join(s.paths.agent, 'acceleration.json')),
  }
}

async function device(): Promise<CpuFacts['device']> {
  if (!(await stat('/dev/kvm').catch(() => undefined))) return 'absent'
  const qemu = await account('libvirt-qemu')
  if (qemu && isRoot()) {
    const as = ['setpriv', `--reuid=${qemu.uid}`, `--regid=${qemu.gid}`, '--init-groups', '--'] as const
    const test = await exec([...as, 'test', '-r', '/dev/kvm', '-a', '-w', '/dev/kvm'])
    return test.code === 0 ? 'open' : 'closed'
  }
  const closed = await access('/dev/kvm', constants.R_OK | constants.W_OK).catch(() => true)
  return closed && isRoot() ? 'closed' : 'open' // without root the question does not arise: QEMU's user is not ours
}

/** The agent keeps its answer with the boot that it is true for. */
async function tried(file: string): Promise<CpuFacts['tried']> {
  const found = JSON.parse(await readFile(file, 'utf8').catch(() => '{}')) as Record<string, unknown>
  if (typeof found.key !== 'string' || !found.key.startsWith(await bootId())) return undefined
  const kind = found.kind === 'kvm' || found.kind === 'tcg' ? found.kind : undefined
  return kind && typeof found.reason === 'string' ? { kind, reason: found.reason } : undefined
}

export function cpuFindings(f: CpuFacts): Finding<(typeof codes)[number]>[] {
  return [acceleration(f), ...(f.count < 2 ? [few(f)] : [])]
}

const slow = t(
  'VMs run in software emulation, several times slower.',
  'VM이 소프트웨어 에뮬레이션으로 실행되어 몇 배 느립니다.',
)

function acceleration(f: CpuFacts): Finding<(typeof codes)[number]> {
  if (f.tried?.kind === 'kvm' || (f.device === 'open' && (f.flag || !f.hasFlags) && !f.tried))
    return good(
      'doctor.cpu.ok',
      f.tried
        ? t(
            `${f.count} × ${f.model}; a guest ran under KVM`,
            `${f.count} × ${f.model}, KVM에서 게스트가 실행되었습니다`,
          )
        : t(
            `${f.count} × ${f.model}; /dev/kvm is there, the agent tries it at "up"`,
            `${f.count} × ${f.model}, /dev/kvm이 있으며 "up" 때 에이전트가 시험합니다`,
          ),
    )
  const seen = t(
    `/proc/cpuinfo (${f.model}) lists neither vmx (Intel) nor svm (AMD)`,
    `/proc/cpuinfo(${f.model})에 vmx(Intel)도 svm(AMD)도 없습니다`,
  )
  if (f.hasFlags && !f.flag && f.virtual)
    return poor('doctor.cpu.nested_no_flags', {
      what: slow,
      why: t(
        `This machine is a VM itself and was not given the host’s CPU: ${seen.en}, but it lists hypervisor.`,
        `이 머신 자체가 VM이며 호스트 CPU를 넘겨받지 못했습니다. ${seen.ko}. hypervisor 플래그는 있습니다.`,
      ),
      ...nesting[f.outer],
    })
  if (f.hasFlags && !f.flag)
    return poor('doctor.cpu.no_flags', {
      what: slow,
      why: t(
        `${seen.en}: virtualization is switched off in the firmware, or this CPU has none.`,
        `${seen.ko}. 펌웨어(BIOS)에서 가상화가 꺼져 있거나 CPU가 지원하지 않습니다.`,
      ),
      next: t(
        'Switch Intel VT-x or AMD-V (SVM) on in the firmware setup; this reboots into it:',
        '펌웨어 설정에서 Intel VT-x 또는 AMD-V(SVM)를 켜십시오. 다음 명령은 펌웨어 설정으로 재부팅합니다.',
      ),
      run: ['systemctl reboot --firmware-setup'],
    })
  if (f.device === 'absent')
    return poor('doctor.cpu.no_module', {
      what: slow,
      why: t(
        'The CPU can do it, but there is no /dev/kvm: the module is not loaded, or this container was not given the device.',
        'CPU는 지원하지만 /dev/kvm이 없습니다. 모듈이 올라가지 않았거나 컨테이너에 장치가 전달되지 않았습니다.',
      ),
      next: t(
        'Load the module; for a container, pass the device on (--device /dev/kvm):',
        '모듈을 올리십시오. 컨테이너라면 장치를 넘기십시오(--device /dev/kvm).',
      ),
      run: [f.flag === 'svm' ? 'modprobe kvm_amd' : f.flag === 'vmx' ? 'modprobe kvm_intel' : 'modprobe kvm'],
    })
  if (f.device === 'closed')
    return poor('doctor.cpu.kvm_closed', {
      what: slow,
      why: t(
        'QEMU runs as libvirt-qemu, and that user may not open /dev/kvm.',
        'QEMU는 libvirt-qemu 사용자로 실행되는데 이 사용자는 /dev/kvm을 열 수 없습니다.',
      ),
      next: t('Give the device to the group kvm, then restart:', '장치를 kvm 그룹에 주고 다시 시작하십시오.'),
      run: ['chgrp kvm /dev/kvm && chmod 660 /dev/kvm', './rookery down && ./rookery up --detach'],
    })
  return poor('doctor.cpu.kvm_fails', {
    what: slow,
    why: same(f.tried?.reason ?? ''),
    next: t(
      'Usually nested virtualization of the machine around this one is broken or half on. See what the kernel says, then try again:',
      '대개 바깥 머신의 중첩 가상화가 온전하지 않습니다. 커널 메시지를 확인한 뒤 다시 시도하십시오.',
    ),
    run: ['dmesg | grep -i kvm', './rookery down && ./rookery up --detach'],
  })
}

const few = (f: CpuFacts) =>
  poor('doctor.cpu.few', {
    what: t('Engine, database and VMs share one CPU.', '엔진, 데이터베이스, VM이 CPU 하나를 나누어 씁니다.'),
    why: t(`/proc/cpuinfo lists ${f.count} processor.`, `/proc/cpuinfo에 프로세서가 ${f.count}개입니다.`),
    next: t(
      'It works, slowly. In a VM, give it two or more CPUs; for example, on the machine around this one:',
      '동작하지만 느립니다. VM이라면 CPU를 두 개 이상 주십시오. 예를 들어 바깥 머신에서:',
    ),
    run: ['virsh setvcpus NAME 2 --config --maximum && virsh setvcpus NAME 2 --config'],
  })
