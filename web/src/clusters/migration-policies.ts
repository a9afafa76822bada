/** The migration policies that the engine has, by id; a test holds them against its catalogue. Their words are in `clusters.json`. */
export const migrationPolicies = {
  '80554327-0569-496b-bdeb-fcbbf52b827b': 'minimalDowntime',
  '80554327-0569-496b-bdeb-fcbbf52b827c': 'suspendWorkload',
  'a7aeedb2-8d66-4e51-bb22-32595027ce71': 'postCopy',
  '57237b82-b8c2-425f-b425-114b35219626': 'veryLarge',
  '00000000-0000-0000-0000-000000000000': 'legacy',
} as const
export type MigrationPolicyId = keyof typeof migrationPolicies

/** The word of a policy by its id; undefined for one that this release does not know. */
export const migrationPolicyWord = (id: string) =>
  Object.hasOwn(migrationPolicies, id) ? migrationPolicies[id as MigrationPolicyId] : undefined
