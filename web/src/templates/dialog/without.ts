/** Problems of a form without those of fields that were just changed: what is being mended is looked at again when it is sent. */
export const without = <P extends object>(problems: P, change: object): P =>
  Object.fromEntries(Object.entries(problems).filter(([field]) => !Object.hasOwn(change, field))) as P
