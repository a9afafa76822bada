import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as constants from './generated/constants.gen.ts'
import * as names from './names.ts'

const all = Object.entries<unknown>(constants).flatMap(([name, value]) =>
  typeof value === 'number' ? [[name, value] as const] : [],
)
const byName = new Map(all)

/** The words of one enum in order, as the headers spell them. */
function words(prefix: string, except: RegExp = /^$/): string[] {
  const found: string[] = []
  for (const [name, value] of all) {
    if (name.startsWith(prefix) && !except.test(name)) {
      found[value] = name.slice(prefix.length).toLowerCase().replaceAll('_', ' ')
    }
  }
  return found
}

const squeeze = (list: readonly string[]): string[] => list.map(word => word.replaceAll(' ', ''))

test('the words for states and their reasons are those of the headers', () => {
  for (const [i, state] of names.DOMAIN_STATES.entries()) {
    const constant = `VIR_DOMAIN_${state.toUpperCase()}`
    assert.equal(byName.get(constant), i, constant)
    const except = /_EVENT_|SHUTDOWN_(DEFAULT|ACPI|GUEST|INITCTL|SIGNAL|PARAVIRT)/
    assert.deepEqual(squeeze(names.STATE_REASONS[state]), squeeze(words(`${constant}_`, except)), state)
  }
})

test('the words for lifecycle events and their details are those of the headers', () => {
  for (const [i, event] of names.LIFECYCLE_EVENTS.entries()) {
    const constant = `VIR_DOMAIN_EVENT_${event.toUpperCase()}`
    assert.equal(byName.get(constant), i, constant)
    assert.deepEqual(squeeze(names.LIFECYCLE_DETAILS[event]), squeeze(words(`${constant}_`)), event)
  }
})

test('the words of the smaller enums are those of the headers', () => {
  const same = (ours: readonly string[], prefix: string, except?: RegExp): void =>
    assert.deepEqual(squeeze(ours), squeeze(words(prefix, except)), prefix)
  same(names.BLOCK_JOB_TYPES, 'VIR_DOMAIN_BLOCK_JOB_TYPE_')
  same(names.BLOCK_JOB_STATUSES, 'VIR_DOMAIN_BLOCK_JOB_', /_TYPE_|_ABORT_|_INFO_|_SPEED_/)
  same(names.IO_ERROR_ACTIONS, 'VIR_DOMAIN_EVENT_IO_ERROR_')
  same(names.WATCHDOG_ACTIONS, 'VIR_DOMAIN_EVENT_WATCHDOG_')
  same(names.GRAPHICS_PHASES, 'VIR_DOMAIN_EVENT_GRAPHICS_', /ADDRESS/)
  same(names.AGENT_REASONS, 'VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_REASON_')
  same(names.TRAY_CHANGES, 'VIR_DOMAIN_EVENT_TRAY_CHANGE_')
  same(names.JOB_TYPES, 'VIR_DOMAIN_JOB_', /_STATS_|_OPERATION_/)
  same(names.JOB_OPERATIONS, 'VIR_DOMAIN_JOB_OPERATION_')
  assert.deepEqual(names.AGENT_STATES.slice(1), words('VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_').slice(1))
})
