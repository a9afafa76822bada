import { query } from '../../core/query.ts'
import { fragment } from '../../db/index.ts'
import { listOf, listRows } from '../list.ts'
import type { DataCenterRow } from './types.ts'

/** Data centers, by name. */
export const list = query({
  name: 'dataCenter.list',
  input: listOf({}),
  run: (ctx, i): Promise<DataCenterRow[]> => listRows(ctx, 'data_center', i, { orderBy: fragment`v.name, v.id` }),
})
