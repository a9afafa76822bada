/** The search language of the oVirt dialect and of the console: text → tree → SQL through one field table per kind. */
export { compileSearch, type CompiledSearch } from './compile.ts'
export type { FieldType, SearchField, SearchTable, Seen } from './field.ts'
export { parseSearch } from './parse.ts'
export { searchOf } from './search-of.ts'
