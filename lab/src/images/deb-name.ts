/** A Debian package file as apt names it. */
export interface DebName {
  package: string
  version: string
  architecture: string
}

/** `name_version_arch.deb`, the epoch's colon written `%3a` as `apt-get download` does. */
export function debFile(name: DebName): string {
  return `${name.package}_${name.version.replaceAll(':', '%3a')}_${name.architecture}.deb`
}

/** The parts of a package file's name, or undefined when it is none. */
export function parseDebFile(file: string): DebName | undefined {
  const match = /^([a-z0-9][a-z0-9+.-]*)_([^_]+)_([a-z0-9]+)\.deb$/.exec(file)
  if (match?.[1] === undefined || match[2] === undefined || match[3] === undefined) return undefined
  return { package: match[1], version: match[2].replaceAll('%3a', ':'), architecture: match[3] }
}

/** What `apt-cache show` says about one version of a package. */
export interface DebStanza extends DebName {
  depends: string
}

/** The stanzas of `apt-cache show NAME…`, those without the needed fields left out. */
export function parseStanzas(text: string): DebStanza[] {
  const found: DebStanza[] = []
  for (const stanza of text.split(/\n\n+/)) {
    const field = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, 'm').exec(stanza)?.[1]
    const [name, version, architecture] = [field('Package'), field('Version'), field('Architecture')]
    if (name !== undefined && version !== undefined && architecture !== undefined)
      found.push({ package: name, version, architecture, depends: field('Depends') ?? '' })
  }
  return found
}

/**
 * The kernel package that a meta package stands for. Both come out of one source package and so have one version, which
 * the dependency states.
 */
export function kernelOf(meta: DebStanza): DebName | undefined {
  const match = /(?:^|, )(linux-image-\d\S*) \(= ([^)]+)\)/.exec(meta.depends)
  if (match?.[1] === undefined || match[2] === undefined) return undefined
  return { package: match[1], version: match[2], architecture: meta.architecture }
}
