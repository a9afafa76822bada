/** Whether a name is one that the engine takes for hosts, clusters, policies and machines: letters of any script, digits and - _ . + */
export const isPlainName = (name: string): boolean => /^[\p{L}\p{N}_.+-]+$/u.test(name)
