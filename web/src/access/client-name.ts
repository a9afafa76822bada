const browsers = [
  [/\bEdg\/(\d+)/, 'Edge'],
  [/\bFirefox\/(\d+)/, 'Firefox'],
  [/\b(?:Headless)?Chrome\/(\d+)/, 'Chrome'],
  [/\bVersion\/(\d+)[\d.]* .*Safari\//, 'Safari'],
] as const

const systems = [
  [/Windows NT/, 'Windows'],
  [/Android/, 'Android'],
  [/iPhone|iPad/, 'iOS'],
  [/Mac OS X/, 'macOS'],
  [/Linux/, 'Linux'],
] as const

/** What a `User-Agent` means to people: `Firefox 140, Linux`, or a program's own name; undefined when it says nothing. */
export function clientName(agent: string): string | undefined {
  const system = systems.find(([pattern]) => pattern.test(agent))?.[1]
  for (const [pattern, name] of browsers) {
    const version = pattern.exec(agent)?.[1]
    if (version !== undefined) return [`${name} ${version}`, system].filter(part => part !== undefined).join(', ')
  }
  const program = /^[\w.+-]+(?:\/[\w.+-]+)?/.exec(agent)?.[0]
  return program === undefined || program === '' ? undefined : program
}
