import { isIP } from 'node:net'

/** A line of /etc/hosts that says something. */
export interface HostsLine {
  /** As editors count, from 1. */
  readonly number: number
  readonly text: string
  /** Its words without the comment. */
  readonly words: readonly string[]
  /** Set when the C library passes over it: it does not begin with an address, or names nothing. */
  readonly wrong?: true
}

/** The lines of a hosts file, empty ones and comments left out. */
export function hostsLines(text: string): HostsLine[] {
  return text.split('\n').flatMap((line, i) => {
    const words = (line.split('#')[0] ?? '').trim().split(/\s+/).filter(Boolean)
    if (words.length === 0) return []
    const right = isIP((words[0] ?? '').split('%')[0] ?? '') !== 0 && words.length > 1
    return [{ number: i + 1, text: line, words, ...(right ? {} : { wrong: true as const }) }]
  })
}

/**
 * A command that replaces one line. It writes into the file instead of replacing it: in containers the hosts file is
 * mounted and cannot be replaced.
 */
export const withLine = (number: number, text: string): string =>
  `cp /etc/hosts /etc/hosts.old && sed '${number}s|.*|${text.replaceAll(/[\\&|']/g, '')}|' /etc/hosts.old > /etc/hosts`
