import { query } from '../../core/query.ts'
import { fragment } from '../../db/index.ts'
import { listOf, listRows } from '../../inventory/list.ts'
import { VmConfig } from '../vm/config.ts'
import type { TemplateRow } from './types.ts'

/** Templates, by name. Blank is the only one of this release. */
export const list = query({
  name: 'template.list',
  input: listOf({}),
  async run(ctx, i): Promise<TemplateRow[]> {
    const rows = await listRows<TemplateRow>(ctx, 'template', i, { orderBy: fragment`v.name, v.version_number, v.id` })
    return rows.map(row => ({ ...row, config: VmConfig.parse(row.config) }))
  },
})
