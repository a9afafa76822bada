/** Values of a setting in libvirt's files. */
export type Setting = string | number

const begin = '# Written by Rookery: begin. What it replaces stands above as a comment.'
const end = '# Written by Rookery: end'

/**
 * Pure: the text of one of libvirt's configuration files with these settings. Of a machine that also does other things the rest stays as it
 * is. libvirt takes the first of two settings of one name, so what was said before becomes a comment. Doing it again changes nothing.
 */
export function withSettings(text: string, settings: Readonly<Record<string, Setting>>): string {
  const lines = text.split('\n')
  const from = lines.indexOf(begin)
  const to = lines.indexOf(end)
  if (from !== -1 && to > from) lines.splice(from, to - from + 1)
  while (lines.at(-1) === '') lines.pop()
  const others = lines.map(line => {
    const name = /^\s*(\w+)\s*=/.exec(line)?.[1]
    return name !== undefined && Object.hasOwn(settings, name) ? `# ${line}` : line
  })
  const own = Object.entries(settings).map(([name, value]) => `${name} = ${show(value)}`)
  return `${[...others, begin, ...own, end].join('\n')}\n`
}

const show = (value: Setting): string =>
  typeof value === 'number' ? String(value) : `"${value.replaceAll(/["\\]/g, '\\$&')}"`
