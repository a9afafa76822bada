import type { VmConfig } from '../vm/config.ts'

/** A template as queries return it. */
export interface TemplateRow {
  id: string
  projectId: string
  clusterId: string | null
  name: string
  description: string
  config: VmConfig
  status: 'ok' | 'locked' | 'illegal'
  versionNumber: number
  versionName: string
  createdAt: Date
  version: number
}
