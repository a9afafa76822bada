import assert from 'node:assert/strict'
import { test } from 'node:test'
import { emitConstants, emitProtocol, fieldName, typeName } from './emit.ts'
import { evaluate, parseHeader } from './header-parser.ts'
import { parseProtocol } from './protocol-parser.ts'

const PROTOCOL = `
/* A comment. */
%#include "internal.h"
const DEMO_PROGRAM = 0x20;
const DEMO_PROTOCOL_VERSION = 1;
const DEMO_MAX = 8;
typedef string demo_name<DEMO_MAX>;
typedef demo_name *demo_maybe;
struct demo_thing_get_args { /* insert@1 */
    demo_maybe name;
    unsigned hyper big_size;
    unsigned bits;
    opaque key[LENGTH];
    char model[4];
    demo_name list<DEMO_MAX>;
};
struct demo_thing_get_ret { int answer; };
struct demo_happened_msg { int what; };
union demo_value switch (int type) {
 case KIND_INT:
     int i;
 case KIND_TEXT:
     demo_name s;
};
enum demo_mode { DEMO_A = 0, DEMO_B = 5 };
enum demo_procedure {
    /**
     * @generate: both
     * @priority: high
     * @readstream: 1
     */
    DEMO_PROC_THING_GET = 1,
    /** @generate: both */
    DEMO_PROC_HAPPENED = 2,
    DEMO_PROC_BARE = 3
};
`
const CONSTANTS = new Map([
  ['LENGTH', 16],
  ['KIND_INT', 1],
  ['KIND_TEXT', 7],
])

test('a protocol file becomes types, codecs and a procedure table', () => {
  const text = emitProtocol(parseProtocol(PROTOCOL), { origin: 'a test', constants: CONSTANTS })
  for (const line of [
    'export const DEMO_PROGRAM = 0x20',
    'export const demoName: xdr.Codec<DemoName> = xdr.string(8)',
    'export type DemoMaybe = DemoName | null',
    '  name: DemoMaybe',
    '  bigSize: xdr.uhyper,',
    '  bits: xdr.uint32,',
    '  key: xdr.fixedBytes(16),',
    '  model: xdr.fixedChars(4),',
    '  list: xdr.array(demoName, 8),',
    '  | { type: 7; value: DemoName }',
    '  DEMO_B: 5,',
    "  thingGet: procedure(DEMO_PROGRAM, DEMO_PROTOCOL_VERSION, 1, demoThingGetArgs, demoThingGetRet, { urgent: true, stream: 'read' }),",
    '  happened: procedure(DEMO_PROGRAM, DEMO_PROTOCOL_VERSION, 2, demoHappenedMsg, xdr.nothing, { event: true }),',
    '  bare: procedure(DEMO_PROGRAM, DEMO_PROTOCOL_VERSION, 3, xdr.nothing, xdr.nothing),',
  ]) {
    assert.ok(text.split('\n').includes(line), `missing: ${line}\n${text}`)
  }
})

test('what the parser does not understand is an error with its line', () => {
  assert.throws(() => parseProtocol('struct a { int b; };\nprogram c {};'), /line 2: program starts no declaration/)
  assert.throws(() => parseProtocol('struct a { int b }'), /line 1: ; expected/)
  assert.throws(() => parseProtocol('struct a {'), /ends in the middle/)
  assert.throws(() => parseProtocol('const A = #;'), /line 1: unexpected #/)
  const unknown = parseProtocol('const A = B;')
  assert.throws(() => emitProtocol(unknown, { origin: 'a test', constants: new Map() }), /A: B is not known/)
})

test('enums and macros of a header become constants', () => {
  const header = `
# ifndef GUARD
#  define GUARD
# define VIR_DEMO_FIELD "field.name"
# define VIR_DEMO_LIMIT 9007199254740991LL
# define VIR_DEMO_ALIAS VIR_DEMO_SECOND
# define VIR_DEMO_CALL(x) something(x)
typedef enum {
    VIR_DEMO_FIRST, /* a comment, with a comma (Since: 1.0.0) */
    VIR_DEMO_SECOND = (1 << 1) | VIR_DEMO_BASE,
    VIR_DEMO_THIRD,
    VIR_DEMO_TOP = 1 << 31,
# ifdef VIR_ENUM_SENTINELS
    VIR_DEMO_LAST
# endif
} virDemo;
`
  const parsed = parseHeader(header, new Map([['VIR_DEMO_BASE', 4]]))
  assert.deepEqual(parsed.strings, [{ name: 'VIR_DEMO_FIELD', value: 'field.name' }])
  assert.deepEqual(parsed.numbers, [
    { name: 'VIR_DEMO_LIMIT', value: 9007199254740991 },
    { name: 'VIR_DEMO_ALIAS', value: 6 },
  ])
  assert.deepEqual(
    parsed.enums[0]?.members.map(member => [member.name, member.value]),
    [
      ['VIR_DEMO_FIRST', 0],
      ['VIR_DEMO_SECOND', 6],
      ['VIR_DEMO_THIRD', 7],
      ['VIR_DEMO_TOP', 2147483648],
    ],
  )
  const text = emitConstants([parsed], { origin: 'a test', tables: ['virDemo'] })
  assert.match(text, /export const VIR_DEMO_SECOND = 6/)
  assert.match(text, /export const virDemoNames/)
})

test('expressions of headers are evaluated, others refused', () => {
  const known = new Map([['A', 3]])
  assert.equal(evaluate('-(1 + A)', known), -4)
  assert.equal(evaluate('0x10 | 1', known), 17)
  assert.throws(() => evaluate('B', known), /B is unknown/)
  assert.throws(() => evaluate('(1', known), /unbalanced/)
  assert.throws(() => evaluate('1 2', known), /cannot evaluate/)
})

test('names keep their words', () => {
  assert.equal(fieldName('nr_virt_cpu'), 'nrVirtCpu')
  assert.equal(fieldName('callbackID'), 'callbackID')
  assert.equal(fieldName('domain_migrate_perform3_params'), 'domainMigratePerform3Params')
  assert.equal(typeName('remote_nonnull_domain'), 'RemoteNonnullDomain')
})
