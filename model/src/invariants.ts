/** A sentence in both languages of the console. */
interface Both {
  readonly en: string
  readonly ko: string
}

/** Why a thing can be as it must not be, and what a person does about it. */
export interface InvariantText {
  readonly cause: Both
  readonly cure: Both
}

const text = (cause: Both, cure: Both): InvariantText => ({ cause, cure })

const report: Both = {
  en: 'This should not happen: report it with the logs ("rookery logs"). Restarting the engine is safe.',
  ko: '일어나서는 안 되는 일입니다. 로그("rookery logs")와 함께 신고하십시오. 엔진을 다시 시작해도 안전합니다.',
}
const restartAgent: Both = {
  en: 'Restart the agent of the host: it puts its own things in order at each start. If it is still there, report it.',
  ko: '호스트의 에이전트를 다시 시작하십시오. 시작할 때마다 자기 것을 정리합니다. 그래도 남아 있으면 신고하십시오.',
}
const byHand: Both = {
  en: 'Nothing of Rookery uses it. Look at it, and remove it by hand when you do not need it.',
  ko: 'Rookery가 사용하지 않는 것입니다. 확인한 뒤 필요 없으면 직접 제거하십시오.',
}
const killed: Both = {
  en: 'A process was killed or a machine stopped in the middle of it, and nobody took it up.',
  ko: '작업 도중 프로세스가 강제 종료되었거나 기계가 멈췄고, 아무도 이어받지 않았습니다.',
}
const byOthers: Both = {
  en: 'Somebody made or removed it by hand, or a database was restored that is older than the hosts.',
  ko: '누군가 직접 만들거나 제거했거나, 호스트보다 오래된 데이터베이스가 복원되었습니다.',
}
const editedDatabase: Both = {
  en: 'The database was changed by hand, or the engine has a bug.',
  ko: '데이터베이스를 직접 수정했거나 엔진에 결함이 있습니다.',
}

/**
 * Every thing that must never stand between database, hosts and their parts, with its cause and its cure. `rookery doctor invariants`
 * looks for them; the key is stable.
 */
export const invariants = {
  'job.stuck': text(
    {
      en: 'A job could neither go on nor take back what it did. It keeps its locks until a person decides.',
      ko: '작업이 더 진행하지도, 되돌리지도 못했습니다. 사람이 결정할 때까지 잠금을 유지합니다.',
    },
    {
      en: 'Read its error, remove the reason, then retry the job; abandon it only when what it did may stay as it is.',
      ko: '오류를 읽고 원인을 없앤 뒤 작업을 다시 시도하십시오. 지금 상태로 두어도 될 때만 포기하십시오.',
    },
  ),
  'job.left_behind': text(
    {
      en: 'The engine that worked on the job is gone and no other one has taken it up: none knows jobs of this kind, or none runs.',
      ko: '작업을 하던 엔진이 사라졌고 다른 엔진이 이어받지 않았습니다. 이 종류의 작업을 아는 엔진이 없거나 실행 중이 아닙니다.',
    },
    {
      en: 'Start an engine of the release that began the job, or abandon the job.',
      ko: '작업을 시작한 릴리스의 엔진을 시작하거나 작업을 포기하십시오.',
    },
  ),
  'job.waits_for_nobody': text(killed, report),
  'job.child_of_ended': text(editedDatabase, report),
  'lock.of_ended_job': text(editedDatabase, {
    en: 'Whatever it locks cannot be changed. Delete the row from job_lock when the job has truly ended, and report it.',
    ko: '잠긴 대상을 변경할 수 없습니다. 작업이 실제로 끝났으면 job_lock에서 행을 지우고 신고하십시오.',
  }),
  'quota.differs': text(editedDatabase, {
    en: 'The ledger counts other than there is. Report it; setting quota_use.used to the counted number mends it.',
    ko: '장부가 실제와 다릅니다. 신고하십시오. quota_use.used를 센 값으로 바꾸면 고쳐집니다.',
  }),
  'quota.held_by_ended_job': text(editedDatabase, report),
  'reservation.without_run': text(editedDatabase, {
    en: 'A host seems fuller than it is. Delete the row from reservation, and report it.',
    ko: '호스트가 실제보다 차 있는 것으로 보입니다. reservation에서 행을 지우고 신고하십시오.',
  }),
  'reservation.elsewhere': text(editedDatabase, report),
  'reservation.sum_differs': text(editedDatabase, {
    en: 'A host seems fuller or emptier than it is. Report it; setting its row in host_promise to the counted numbers mends it.',
    ko: '호스트가 실제보다 차 있거나 비어 있는 것으로 보입니다. 신고하십시오. host_promise의 해당 행을 센 값으로 바꾸면 고쳐집니다.',
  }),
  'run.without_reservation': text(editedDatabase, report),
  'run.unsettled': text(killed, report),
  'run.between_hosts': text(
    {
      en: 'A migration was cancelled too late or abandoned, and the host that the VM was to go to does not say what became of it.',
      ko: '마이그레이션이 너무 늦게 취소되었거나 포기되었고, 옮겨 갈 호스트가 결과를 알리지 않습니다.',
    },
    {
      en: 'Make the host answer again: its word settles it within seconds. If it is gone for good, confirm that it was rebooted.',
      ko: '호스트가 다시 응답하게 하십시오. 응답하면 몇 초 안에 정리됩니다. 호스트가 완전히 사라졌다면 재부팅되었음을 확인하십시오.',
    },
  ),
  'run.without_domain': text(
    {
      en: 'The engine believes that the VM runs on this host, and the host has no such guest.',
      ko: '엔진은 이 호스트에서 VM이 실행 중이라고 보지만 호스트에는 그런 게스트가 없습니다.',
    },
    {
      en: 'Stop the VM by force ("power off"): that settles the run, and it can be started again.',
      ko: 'VM을 강제로 끄십시오("전원 끄기"). 실행이 정리되고 다시 시작할 수 있습니다.',
    },
  ),
  'run.not_reported': text(
    {
      en: 'The hypervisor has the guest, and the agent does not tell of it.',
      ko: '하이퍼바이저에 게스트가 있지만 에이전트가 보고하지 않습니다.',
    },
    restartAgent,
  ),
  'run.reported_without_domain': text(
    {
      en: 'The agent tells of a guest that the hypervisor does not have.',
      ko: '에이전트가 하이퍼바이저에 없는 게스트를 보고합니다.',
    },
    restartAgent,
  ),
  'domain.without_run': text(
    {
      en: 'A guest of this engine runs on the host, and the engine does not know of it: a restored database, or a start that was lost.',
      ko: '호스트에 이 엔진의 게스트가 실행 중이지만 엔진이 모릅니다. 복원된 데이터베이스이거나 잃어버린 시작입니다.',
    },
    {
      en: 'Look at what it is ("virsh dumpxml" on the host). It is left alone; "virsh destroy" ends it when nobody needs it.',
      ko: '무엇인지 확인하십시오(호스트에서 "virsh dumpxml"). 그대로 둡니다. 필요 없으면 "virsh destroy"로 끝내십시오.',
    },
  ),
  'disk.without_volume': text(byOthers, {
    en: 'The content of the disk is gone from its storage domain. Restore the file, or remove the disk.',
    ko: '스토리지 도메인에 디스크의 내용이 없습니다. 파일을 복원하거나 디스크를 제거하십시오.',
  }),
  'memory.without_volume': text(byOthers, {
    en: 'The saved memory of the VM is gone: it cannot be resumed. Stop the VM, then start it afresh.',
    ko: 'VM의 저장된 메모리가 없어 재개할 수 없습니다. VM을 중지한 뒤 새로 시작하십시오.',
  }),
  'memory.kept': text(
    {
      en: 'Saved memory that was read, or whose VM was stopped, could not be removed several times.',
      ko: '이미 읽었거나 VM이 중지되어 필요 없는 저장된 메모리를 여러 번 제거하지 못했습니다.',
    },
    {
      en: 'Read the error of its last job ("Removing the saved memory") and remove the reason; it is tried again at least every hour.',
      ko: '마지막 작업("Removing the saved memory")의 오류를 읽고 원인을 없애십시오. 적어도 한 시간마다 다시 시도합니다.',
    },
  ),
  'volume.without_row': text(
    {
      en: 'A volume lies on the storage domain that belongs to no disk and no suspended VM.',
      ko: '어떤 디스크나 일시 중지된 VM에도 속하지 않는 볼륨이 스토리지 도메인에 있습니다.',
    },
    {
      en: 'When it came with an imported domain, keep it. Otherwise it is garbage of a lost removal: delete its folder on the storage.',
      ko: '가져온 도메인과 함께 온 것이면 두십시오. 아니면 끝나지 않은 제거의 잔여물이니 스토리지에서 폴더를 지우십시오.',
    },
  ),
  'volume.illegal': text(killed, {
    en: 'The disk is shown as good and its content was never verified: no VM starts with it. Upload it again.',
    ko: '디스크는 정상으로 보이지만 내용이 검증되지 않아 VM이 시작되지 않습니다. 다시 업로드하십시오.',
  }),
  'volume.too_small': text(byOthers, {
    en: 'The volume is smaller than the engine says. Extend the disk by a little: that sets both sizes.',
    ko: '볼륨이 엔진의 기록보다 작습니다. 디스크를 조금 확장하면 두 크기가 맞춰집니다.',
  }),
  'disk.locked_by_nobody': text(killed, report),
  'storage_domain.moved_by_nobody': text(killed, report),
  'storage_domain.not_connected': text(killed, {
    en: 'Put the storage domain into maintenance and activate it again, or the host.',
    ko: '스토리지 도메인 또는 호스트를 유지 관리로 전환한 뒤 다시 활성화하십시오.',
  }),
  'storage_domain.unknown_on_host': text(byOthers, restartAgent),
  'storage_domain.other_pool': text(byOthers, {
    en: 'Its own metadata names another data center than the engine does. Detach it and attach it again.',
    ko: '메타데이터가 엔진과 다른 데이터 센터를 가리킵니다. 분리한 뒤 다시 연결하십시오.',
  }),
  'transfer.without_disk': text(editedDatabase, report),
  'transfer.without_ticket': text(killed, {
    en: 'Nothing can be transferred. Pause and resume the transfer, or cancel it.',
    ko: '전송할 수 없습니다. 전송을 일시 중지했다가 재개하거나 취소하십시오.',
  }),
  'image_ticket.without_transfer': text(killed, {
    en: 'Whoever has the ticket may still read or write the disk. Restart the agent after the time of the ticket; report it.',
    ko: '티켓을 가진 사람이 아직 디스크를 읽거나 쓸 수 있습니다. 티켓 시간이 지난 뒤 에이전트를 다시 시작하고 신고하십시오.',
  }),
  'console_ticket.kept': text(killed, report),
  'console.open_too_long': text(
    {
      en: 'A console waits for a visitor although its time is over or its guest is gone.',
      ko: '시간이 지났거나 게스트가 없는데도 콘솔이 방문자를 기다립니다.',
    },
    restartAgent,
  ),
  'event.hole': text(editedDatabase, {
    en: 'Events were deleted. Clients that resume behind the hole miss nothing else.',
    ko: '이벤트가 삭제되었습니다. 그 뒤부터 이어 읽는 클라이언트는 다른 것을 놓치지 않습니다.',
  }),
  'event.unnumbered': text(
    {
      en: 'Committed events have no position yet: no engine numbers them, so nobody sees them.',
      ko: '커밋된 이벤트에 아직 위치가 없습니다. 번호를 매기는 엔진이 없어 아무도 볼 수 없습니다.',
    },
    report,
  ),
  'host.unreadable': text(
    {
      en: 'The host counts as up and did not tell what is on it.',
      ko: '호스트가 가동 중으로 보이지만 자신의 상태를 알려 주지 않았습니다.',
    },
    {
      en: 'Look at the log of its agent and of libvirt ("rookery logs agent libvirtd"), then look again.',
      ko: '에이전트와 libvirt의 로그("rookery logs agent libvirtd")를 확인한 뒤 다시 검사하십시오.',
    },
  ),
  'network.unknown_on_host': text(killed, {
    en: 'Put the host into maintenance and activate it again.',
    ko: '호스트를 유지 관리로 전환한 뒤 다시 활성화하십시오.',
  }),
  'network.missing_on_host': text(killed, {
    en: 'Put the host into maintenance and activate it again: that makes its networks.',
    ko: '호스트를 유지 관리로 전환한 뒤 다시 활성화하십시오. 네트워크가 만들어집니다.',
  }),
  'task.running_for_nobody': text(
    {
      en: 'The host works for a job that has ended or that the engine does not know.',
      ko: '호스트가 끝났거나 엔진이 모르는 작업을 위해 일하고 있습니다.',
    },
    report,
  ),
  'task.unacknowledged': text(
    {
      en: 'The host keeps the end of a task for an engine that will not ask for it any more.',
      ko: '호스트가 더 이상 묻지 않을 엔진을 위해 태스크의 결과를 보관하고 있습니다.',
    },
    {
      en: 'The engine says so at each new watch of the host: restart the engine. If it stays, report it.',
      ko: '엔진이 호스트 감시를 새로 시작할 때마다 알립니다. 엔진을 다시 시작하십시오. 남아 있으면 신고하십시오.',
    },
  ),
  'task.acknowledged_running': text(
    {
      en: 'The journal of the agent has an end that was acknowledged and never happened.',
      ko: '에이전트의 저널에 일어나지 않은 종료가 확인된 것으로 기록되어 있습니다.',
    },
    report,
  ),
  'guest_process.found': text(
    {
      en: 'A QEMU of this instance runs that libvirt does not know: libvirt was killed while it started or ended the guest.',
      ko: 'libvirt가 모르는 이 인스턴스의 QEMU가 실행 중입니다. 게스트를 시작하거나 끝내는 중에 libvirt가 강제 종료되었습니다.',
    },
    {
      en: 'When the VM is down in Rookery, end the process by its id; its disk may be in use until then.',
      ko: 'Rookery에서 VM이 중지 상태이면 해당 프로세스를 끝내십시오. 그때까지 디스크가 사용 중일 수 있습니다.',
    },
  ),
  'guest_folder.found': text(killed, restartAgent),
  'serial_log.found': text(killed, restartAgent),
  'bridge.found': text(byOthers, byHand),
  'bridge.missing': text(byOthers, restartAgent),
  'tap.found': text(byOthers, byHand),
  'tap.missing': text(byOthers, restartAgent),
  'dhcp_server.found': text(killed, restartAgent),
  'dhcp_server.missing': text(byOthers, restartAgent),
  'firewall_table.found': text(byOthers, byHand),
  'firewall_table.missing': text(byOthers, restartAgent),
  'firewall_guard.found': text(killed, restartAgent),
  'image_server.found': text(killed, restartAgent),
  'image_server_folder.found': text(killed, restartAgent),
  'temporary_file.found': text(killed, restartAgent),
  'removed_image.found': text(killed, {
    en: 'An image is still being removed. Put its storage domain into maintenance and activate it: that finishes it.',
    ko: '이미지 제거가 끝나지 않았습니다. 스토리지 도메인을 유지 관리로 전환한 뒤 활성화하면 완료됩니다.',
  }),
  'half_volume.found': text(killed, {
    en: 'A volume was begun and never became one. Put its storage domain into maintenance and activate it: that removes it.',
    ko: '시작되었으나 완성되지 않은 볼륨입니다. 스토리지 도메인을 유지 관리로 전환한 뒤 활성화하면 제거됩니다.',
  }),
  'half_domain.found': text(killed, byHand),
} as const satisfies Record<string, InvariantText>

/** The name of one of {@link invariants}. */
export type Invariant = keyof typeof invariants

/** One thing that is not as it must be. */
export interface Difference {
  readonly invariant: Invariant
  /** What it is about; the same thing has the same words in every look. */
  readonly subject: string
  /** What was found, a sentence. */
  readonly found: string
  /** The host on which it was found. */
  readonly host?: { readonly id: string; readonly name: string }
}
