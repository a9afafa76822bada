import { type Text, t } from '../text.ts'

/** What this machine runs in, as far as its firmware tells. */
export type Outer = 'kvm' | 'vmware' | 'virtualbox' | 'hyperv' | 'xen' | 'cloud' | 'unknown'

/** `dmi` is vendor and product of the firmware, as in /sys/class/dmi/id. */
export function outerOf(dmi: string): Outer {
  if (/amazon|google|digitalocean|alibaba|hetzner|scaleway|oraclecloud/i.test(dmi)) return 'cloud'
  if (/vmware/i.test(dmi)) return 'vmware'
  if (/virtualbox|innotek/i.test(dmi)) return 'virtualbox'
  if (/microsoft/i.test(dmi)) return 'hyperv'
  if (/\bxen\b/i.test(dmi)) return 'xen'
  if (/qemu|kvm|ovirt|rhev|red hat|openstack|rookery/i.test(dmi)) return 'kvm'
  return 'unknown'
}

/**
 * How to hand the host's CPU on to this VM, by what it runs in. The commands are for the machine around this one, with this
 * VM shut down; NAME is what it is called there.
 */
export const nesting: Record<Outer, { next: Text; run: readonly string[] }> = {
  kvm: {
    next: t(
      'On the machine around this one, shut this VM down, give it the host’s CPU (host-passthrough; in oVirt and Rookery “pass-through host CPU”, in Proxmox CPU type “host”) and start it again. There:',
      '바깥 머신에서 이 VM을 종료하고 호스트 CPU를 그대로 넘긴 뒤(host-passthrough. oVirt와 Rookery에서는 호스트 CPU 통과, Proxmox에서는 CPU 유형 host) 다시 시작하십시오. 바깥 머신에서 실행:',
    ),
    run: ['virt-xml NAME --edit --cpu host-passthrough', 'cat /sys/module/kvm_*/parameters/nested   # must say Y or 1'],
  },
  vmware: {
    next: t(
      'Shut this VM down, tick “Virtualize Intel VT-x/EPT or AMD-V/RVI” in its processor settings, and start it again. On Windows, Hyper-V must not hold the CPU: memory integrity (core isolation) off. The same in the VM’s .vmx file:',
      '이 VM을 종료하고 프로세서 설정에서 “Virtualize Intel VT-x/EPT or AMD-V/RVI”를 선택한 뒤 다시 시작하십시오. Windows에서는 Hyper-V가 CPU를 쓰지 않아야 합니다(코어 격리의 메모리 무결성 끄기). .vmx 파일에서는:',
    ),
    run: ['vhv.enable = "TRUE"'],
  },
  virtualbox: {
    next: t(
      'Shut this VM down, switch nested VT-x/AMD-V on, and start it again. On the machine around this one:',
      '이 VM을 종료하고 중첩 VT-x/AMD-V를 켠 뒤 다시 시작하십시오. 바깥 머신에서 실행:',
    ),
    run: ['VBoxManage modifyvm NAME --nested-hw-virt on'],
  },
  hyperv: {
    next: t(
      'Shut this VM down, hand the virtualization extensions on, and start it again. On the Windows machine, in a PowerShell of the administrator:',
      '이 VM을 종료하고 가상화 확장을 노출한 뒤 다시 시작하십시오. Windows 머신의 관리자 PowerShell에서 실행:',
    ),
    run: ['Set-VMProcessor -VMName NAME -ExposeVirtualizationExtensions $true'],
  },
  xen: {
    next: t(
      'Switch nested virtualization on for this VM in the machine around this one, and start it again. In its configuration:',
      '바깥 머신에서 이 VM의 중첩 가상화를 켜고 다시 시작하십시오. VM 설정에서:',
    ),
    run: ['nestedhvm = 1'],
  },
  cloud: {
    next: t(
      'Choose a machine type with nested virtualization or a bare-metal one; the provider’s pages list them. Then look again:',
      '중첩 가상화를 지원하는 인스턴스 유형이나 베어메탈을 선택하십시오. 목록은 클라우드 사업자의 문서에 있습니다. 그다음 다시 확인:',
    ),
    run: ['grep -cwE "vmx|svm" /proc/cpuinfo'],
  },
  unknown: {
    next: t(
      'On the machine around this one, switch on nested virtualization for this VM or container (host-passthrough of the CPU) and start it again. Then look again, more than 0 is right:',
      '바깥 머신에서 이 VM이나 컨테이너의 중첩 가상화를 켜고(호스트 CPU 통과) 다시 시작하십시오. 그다음 다시 확인하십시오. 0보다 커야 합니다.',
    ),
    run: ['grep -cwE "vmx|svm" /proc/cpuinfo'],
  },
}
