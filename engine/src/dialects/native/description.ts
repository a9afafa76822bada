import { z } from 'zod'
import { kinds } from '../../core/kinds.ts'
import type { Registry } from '../../core/registry.ts'

const schema = (of: z.ZodType, io: 'input' | 'output') => z.toJSONSchema(of, { unrepresentable: 'any', io })

/** Names, JSON Schemas and permits of every operation and query: what the types of `web` and `cli` are made from. */
export function description(registry: Registry): object {
  return {
    kinds: Object.fromEntries(Object.entries(kinds).map(([kind, { word }]) => [kind, { word }])),
    operations: Object.fromEntries(
      [...registry.operations.values()].map(({ name, input, output, permit }) => [
        name,
        {
          input: schema(input, 'input'),
          ...(output === undefined ? {} : { output: schema(output, 'output') }),
          permits: permit === 'signedIn' ? [] : [permit].flat().map(rule => rule.action),
        },
      ]),
    ),
    queries: Object.fromEntries(
      [...registry.queries.values()].map(({ name, input, output }) => [
        name,
        { input: schema(input, 'input'), ...(output === undefined ? {} : { output: schema(output, 'output') }) },
      ]),
    ),
  }
}
