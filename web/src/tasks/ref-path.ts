import { paths } from '../paths.ts'

/** Where the page of an object is; undefined for kinds that have none. */
export function refPath(ref: { kind: string; id: string }): string | undefined {
  switch (ref.kind) {
    case 'vm':
      return paths.vm(ref.id)
    case 'host':
      return paths.host(ref.id)
    case 'cluster':
      return paths.cluster(ref.id)
    case 'storage_domain':
      return paths.domain(ref.id)
    case 'disk':
      return paths.disk(ref.id)
    default:
      return undefined
  }
}
