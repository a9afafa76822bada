import { GiB, MiB } from '@rookery/model'
import type { NewVm } from '../api/rows.ts'
import { parseSize } from '../format/size-input.ts'

/** In which order a guest looks for something to boot. */
export const bootOrders = { disk: ['hd', 'cdrom'], cd: ['cdrom', 'hd'], network: ['network', 'hd'] } as const
export type BootOrder = keyof typeof bootOrders

/** What the dialog "New machine" holds, as it is typed. */
export interface NewVmForm {
  name: string
  description: string
  clusterId: string
  memory: string
  vcpus: string
  source: 'image' | 'empty' | 'none'
  diskId: string
  size: string
  storageDomainId: string
  iso: string
  boot: BootOrder
  profileId: string
  start: boolean
}

export const emptyForm: NewVmForm = {
  name: '',
  description: '',
  clusterId: '',
  memory: '1 GiB',
  vcpus: '1',
  source: 'image',
  diskId: '',
  size: '10 GiB',
  storageDomainId: '',
  iso: '',
  boot: 'disk',
  profileId: '',
  start: false,
}

/** What is wrong with a field; the page words it. */
export type FieldProblem =
  | 'nameMissing'
  | 'nameTooLong'
  | 'nameCharacters'
  | 'notASize'
  | 'memoryRange'
  | 'vcpusRange'
  | 'diskMissing'
  | 'sizeRange'
  | 'cdMissing'
export type NewVmProblems = Partial<Record<keyof NewVmForm, FieldProblem>>

/** The problem of a name, by the rules of `vm.add`. */
export function nameProblem(name: string): FieldProblem | undefined {
  if (name === '') return 'nameMissing'
  if (name.length > 64) return 'nameTooLong'
  return /^[\p{L}\p{N}_.+-]+$/u.test(name) ? undefined : 'nameCharacters'
}

/** The problem of a memory size, by the rules of `vm.add`. */
export function memoryProblem(text: string): FieldProblem | undefined {
  const memory = parseSize(text)
  if (!memory.ok) return 'notASize'
  return memory.bytes < MiB || memory.bytes > 16 * 1024 * GiB ? 'memoryRange' : undefined
}

/** Everything that is wrong with the form. */
export function problemsOf(form: NewVmForm): NewVmProblems {
  const problems: NewVmProblems = {}
  const note = (field: keyof NewVmForm, problem: FieldProblem | undefined) => {
    if (problem !== undefined) problems[field] = problem
  }
  note('name', nameProblem(form.name))
  note('memory', memoryProblem(form.memory))
  const vcpus = Number(form.vcpus.normalize('NFKC'))
  note('vcpus', Number.isInteger(vcpus) && vcpus >= 1 && vcpus <= 64 ? undefined : 'vcpusRange')
  if (form.source === 'image') note('diskId', form.diskId === '' ? 'diskMissing' : undefined)
  if (form.source === 'empty') {
    const size = parseSize(form.size)
    note('size', size.ok ? (size.bytes < MiB || size.bytes > 500 * 1024 * GiB ? 'sizeRange' : undefined) : 'notASize')
  }
  if (form.boot === 'cd') note('iso', form.iso === '' ? 'cdMissing' : undefined)
  return problems
}

const bytesOf = (text: string): number => {
  const size = parseSize(text)
  return size.ok ? size.bytes : 0
}

/** The operation's input of a form without problems. */
export function inputOf(form: NewVmForm): NewVm {
  return {
    name: form.name,
    description: form.description,
    clusterId: form.clusterId,
    config: {
      memory: bytesOf(form.memory),
      cpu: { cores: Number(form.vcpus.normalize('NFKC')) },
      os: { boot: [...bootOrders[form.boot]] },
    },
    disks:
      form.source === 'image'
        ? [{ diskId: form.diskId, bootable: true, active: true }]
        : form.source === 'empty'
          ? [
              {
                bootable: true,
                disk: {
                  capacity: bytesOf(form.size),
                  format: 'qcow2',
                  ...(form.storageDomainId === '' ? {} : { storageDomainId: form.storageDomainId }),
                },
              },
            ]
          : [],
  }
}
