/** The group that owns storage in oVirt's layout (`kvm` there), by number; the agent writes files with it. */
const layoutGid = 36

/** Name of the group when the host has none with the layout's number. */
export const storageGroupName = 'rookery-storage'

/**
 * The text of `/etc/group` in which a user belongs to the group that owns storage (number 36, whatever its name), made if it is not
 * there. QEMU's user needs it: the decision page about storage ownership says why. Unchanged when it is so already.
 */
export function withStorageGroup(groupFile: string, user: string): string {
  const lines = groupFile.split('\n')
  const at = lines.findIndex(line => line.split(':')[2] === String(layoutGid))
  if (at === -1) {
    const end = groupFile === '' || groupFile.endsWith('\n') ? '' : '\n'
    return `${groupFile}${end}${storageGroupName}:x:${layoutGid}:${user}\n`
  }
  const [name = '', password = '', gid = '', members = ''] = (lines[at] ?? '').split(':')
  const list = members.split(',').filter(member => member !== '')
  if (list.includes(user)) return groupFile
  lines[at] = [name, password, gid, [...list, user].join(',')].join(':')
  return lines.join('\n')
}
