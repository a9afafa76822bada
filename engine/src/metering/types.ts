/** One number that is measured, in oVirt's terms. */
export interface StatisticRow {
  /** Id of the VM, host, disk or card. */
  ownerId: string
  name: string
  description: string
  kind: 'gauge' | 'counter'
  type: 'integer' | 'decimal' | 'string'
  unit: 'none' | 'bytes' | 'bytes_per_second' | 'bits_per_second' | 'count_per_second' | 'percent' | 'seconds'
  /** Newest first; most have one. */
  values: (number | string)[]
}
