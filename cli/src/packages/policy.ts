import { chmod, readFile, rm, writeFile } from 'node:fs/promises'

/** Debian asks this program before a package starts its service; 101 means no. */
const FILE = '/usr/sbin/policy-rc.d'
const MARK = '# Written by "rookery up" while it installs packages; safe to remove.'

/**
 * Runs `work` while no package may start a service: the instance starts its own libvirtd, in its own folders. A policy
 * that the machine already has is left alone; one that an interrupted run left behind is recognised and taken over.
 */
export async function withoutServiceStarts<T>(work: () => Promise<T>, file: string = FILE): Promise<T> {
  const there = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (there !== undefined && !there.includes(MARK)) return work()
  await writeFile(file, `#!/bin/sh\n${MARK}\nexit 101\n`)
  await chmod(file, 0o755)
  try {
    return await work()
  } finally {
    await rm(file, { force: true })
  }
}
