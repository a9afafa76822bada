import type { Instance, TinyImages } from './harness/instance.ts'
import type { Report } from './harness/report.ts'
import { ansibleGroup } from './groups/ansible.ts'
import { curlGroup } from './groups/curl.ts'
import { govirtGroup } from './groups/libgovirt.ts'
import { imageioGroup } from './groups/imageio.ts'
import { rawGroup } from './groups/raw.ts'
import { samplesGroup } from './groups/samples.ts'
import { sdkGroup } from './groups/ovirtsdk4.ts'

/** What every group works with. */
export interface Setting {
  readonly instance: Instance
  readonly images: TinyImages
  /** Kept from run to run. */
  readonly cache: string
  /** Gone after the run. */
  readonly scratch: string
  /** The parts of the group that are wanted; empty for all. */
  readonly parts: readonly string[]
  /** Whether samples are written. */
  readonly record: boolean
}

/** Checks of one kind. */
export interface Group {
  readonly name: string
  run(report: Report, setting: Setting): Promise<void>
}

/** In the order they are run: what is quick and basic first. */
export const groups: readonly Group[] = [rawGroup, curlGroup, imageioGroup, sdkGroup, govirtGroup, samplesGroup]

/** Groups that are run when they are named: they take long, or fetch much. */
export const onDemand: readonly Group[] = [ansibleGroup]

export const groupNames: readonly string[] = groups.map(each => each.name)
