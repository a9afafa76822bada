import { isUuid } from '@rookery/model'
import { isoImageId, removePrefix } from './constants.ts'

/**
 * Name of a connection's folder below the mount root: every `_` doubled, then every `/` turned into `_`.
 * `/data/x` becomes `_data_x`, `h:/a_b/c` becomes `h:_a__b_c`.
 */
export const escapeConnection = (text: string): string => text.replaceAll('_', '__').replaceAll('/', '_')

/** The paths of one domain below its folder; nothing here touches the disk. */
export interface DomainPaths {
  readonly root: string
  readonly metadataFolder: string
  readonly metadata: string
  readonly images: string
  /** Files of an ISO domain. */
  readonly isoFiles: string
  image(imageId: string): string
  /** Where an image goes while it is removed. */
  removed(imageId: string): string
  volume(imageId: string, volumeId: string): string
  meta(imageId: string, volumeId: string): string
  lease(imageId: string, volumeId: string): string
}

/** Paths of the domain whose own folder (named by its id) is `root`. Throws RangeError for an id that is no UUID. */
export function domainPaths(root: string): DomainPaths {
  const images = `${root}/images`
  const image = (imageId: string) => `${images}/${uuidOnly(imageId)}`
  const volume = (imageId: string, volumeId: string) => `${image(imageId)}/${uuidOnly(volumeId)}`
  return {
    root,
    metadataFolder: `${root}/dom_md`,
    metadata: `${root}/dom_md/metadata`,
    images,
    isoFiles: `${images}/${isoImageId}`,
    image,
    removed: imageId => `${images}/${removePrefix}${uuidOnly(imageId)}`,
    volume,
    meta: (imageId, volumeId) => `${volume(imageId, volumeId)}.meta`,
    lease: (imageId, volumeId) => `${volume(imageId, volumeId)}.lease`,
  }
}

function uuidOnly(id: string): string {
  if (!isUuid(id)) throw new RangeError(`"${id}" is no UUID`)
  return id
}
