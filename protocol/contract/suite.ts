import { after, before, describe } from 'node:test'
import { consoleTests } from './consoles.ts'
import { imageTests } from './images.ts'
import { inventoryTests } from './inventory.ts'
import { leaseTests } from './leases.ts'
import { migrationTests } from './migrations.ts'
import { networkTests } from './networks.ts'
import { powerTests } from './power.ts'
import { restartTests } from './restarts.ts'
import { storageTests } from './storage.ts'
import type { MakeTarget } from './target.ts'
import { taskTests } from './tasks.ts'
import { tlsTests } from './tls.ts'
import { vmTests } from './vms.ts'
import { watchTests } from './watches.ts'
import { World } from './world.ts'

export { createTestPki, type Identity, type TestPki } from './pki.ts'
export type { ContractGuest, ContractTarget, MakeTarget } from './target.ts'

/** The world of the suite that runs now; asked for inside of tests only. */
export type Given = () => World

/**
 * What every host keeps, whoever made it: the real agent and the simulator pass the same tests, which know nothing of it but
 * its base URL. Call at the top of a test file.
 */
export function contractSuite(name: string, makeTarget: MakeTarget): void {
  describe(`the contract, kept by ${name}`, () => {
    let world: World | undefined
    const given: Given = () => {
      if (world === undefined) throw new Error('the target did not start')
      return world
    }
    before(async () => {
      world = new World(await makeTarget())
    })
    after(() => world?.close())
    tlsTests(given)
    taskTests(given)
    watchTests(given)
    storageTests(given)
    imageTests(given)
    networkTests(given)
    vmTests(given)
    migrationTests(given)
    consoleTests(given)
    inventoryTests(given)
    powerTests(given)
    leaseTests(given)
    restartTests(given)
  })
}
