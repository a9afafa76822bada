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

/** Candidate version by package from the text of `apt-cache policy NAME…`; a package that apt does not know is absent. */
export function parsePolicy(text: string): Map<string, string> {
  const candidates = new Map<string, string>()
  let name: string | undefined
  for (const line of text.split('\n')) {
    const heading = /^([a-z0-9][a-z0-9+.-]*)(?::[a-z0-9]+)?:$/.exec(line)
    if (heading) name = heading[1]
    const candidate = /^ {2}Candidate: (\S+)$/.exec(line)?.[1]
    if (name !== undefined && candidate !== undefined && candidate !== '(none)') candidates.set(name, candidate)
  }
  return candidates
}

/** The kernel package that a meta package stands for, from the text of `apt-cache depends META`. */
export function parseKernelDependency(text: string): string | undefined {
  return /^ *Depends: (linux-image-\d\S*)$/m.exec(text)?.[1]
}
