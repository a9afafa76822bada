import common from './common.json' with { type: 'json' }
import errors from './errors.json' with { type: 'json' }
import shell from './shell.json' with { type: 'json' }

/** All words in Korean, by area. */
export const words = { common, errors, shell }
