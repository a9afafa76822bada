import { z } from 'zod'

const line = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^[^\p{Cc}]*$/u, 'must be one line')
const address = z.union([z.ipv4(), z.ipv6()])

/** How a guest's card gets its address at first boot. */
const IpConfiguration = z.strictObject({
  method: z.enum(['none', 'dhcp', 'static', 'autoconf']),
  address: address.nullable().default(null),
  /** IPv4: a mask such as 255.255.255.0 or a length; IPv6: a length. */
  netmask: line(45).nullable().default(null),
  gateway: address.nullable().default(null),
})

/**
 * What a guest is told at its first boot, by cloud-init. Written by people and read back, except `rootPassword`, which goes in and
 * never comes out: rows, events, jobs and answers carry only its salted hash (`sealInitialization`), which is all that cloud-init needs.
 */
export const Initialization = z.strictObject({
  hostName: line(253).nullable().default(null),
  domain: line(253).nullable().default(null),
  userName: line(64).nullable().default(null),
  /** Only on the way in. */
  rootPassword: z.string().max(512).optional(),
  /** SHA-512 crypt of the password; only inside. */
  rootPasswordHash: z.string().max(200).optional(),
  authorizedKeys: z.array(line(16_384)).max(100).default([]),
  regenerateSshKeys: z.boolean().nullable().default(null),
  timezone: line(100).nullable().default(null),
  dnsServers: z.array(address).max(10).default([]),
  dnsSearch: z.array(line(253)).max(10).default([]),
  nics: z
    .array(
      z.strictObject({
        name: z
          .string()
          .min(1)
          .max(15)
          .regex(/^[A-Za-z0-9._:-]+$/),
        onBoot: z.boolean().default(true),
        ipv4: IpConfiguration.nullable().default(null),
        ipv6: IpConfiguration.nullable().default(null),
      }),
    )
    .max(28)
    .default([]),
  /** YAML that is merged into the user data, or a script that begins with #!. */
  customScript: z
    .string()
    .max(128 * 1024)
    .nullable()
    .default(null),
})
export type Initialization = z.infer<typeof Initialization>
