import common from './common.json' with { type: 'json' }
import errors from './errors.json' with { type: 'json' }
import shell from './shell.json' with { type: 'json' }

/** All words in English, by area. */
export const words = { common, errors, shell }
export type Words = typeof words
