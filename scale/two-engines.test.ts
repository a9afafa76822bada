/** Two engines place 200 VMs at once onto room for 100: the test of the always-run suites, larger. */
process.env['ROOKERY_CROWD'] = '5x20'
await import('../engine/test/two-engines-place.test.ts')
