import type * as Lab from '@rookery/lab/hosts/command'

/** `rookery lab …`: the lab package makes the hosts; it is loaded when it is asked for. */
export const lab = (): Promise<typeof Lab> => import('@rookery/lab/hosts/command')
