/** 1,000 starts in one moment, on one engine with eight connections: the test of the always-run suites, larger. */
process.env['ROOKERY_BURST'] = '1000'
await import('../engine/test/burst.test.ts')
