import assert from 'node:assert/strict'
import { test } from 'node:test'
import { conflict, invalid } from '@rookery/model'
import { booleanParameter, integerParameter, parseAddress } from './address.ts'
import { faultOf, incomplete } from './fault.ts'
import { answerFormat, bodyFormat } from './format.ts'
import { createRouter } from './router.ts'

const address = (url: string) => {
  const a = parseAddress(url)
  assert.ok(a)
  return a
}

test('both spellings of the root and the version in the path lead to the same tree', () => {
  assert.deepEqual(address('/ovirt-engine/api').segments, [])
  assert.deepEqual(address('/ovirt-engine/api/').segments, [])
  assert.deepEqual(address('/ovirt-engine/api/v4/vms/1').segments, ['vms', '1'])
  assert.equal(parseAddress('/ovirt-engine/apis'), undefined)
})

test('parameters come from the query first and from the last segment second', () => {
  const a = address('/ovirt-engine/api/vms;max=10;search=name%3Da;force?max=5&follow=nics%2Ccluster&search2=a+b')
  assert.deepEqual(a.segments, ['vms'])
  assert.equal(integerParameter(a, 'max'), 5)
  assert.equal(a.parameters.get('search'), 'name=a')
  assert.equal(a.parameters.get('search2'), 'a b')
  assert.equal(booleanParameter(a, 'force'), true)
})

test('booleans and integers of nonsense are absent', () => {
  const a = address('/ovirt-engine/api/vms?a=maybe&b=No&c=x&d=7')
  assert.equal(booleanParameter(a, 'a'), undefined)
  assert.equal(booleanParameter(a, 'b'), false)
  assert.equal(integerParameter(a, 'c'), undefined)
  assert.equal(integerParameter(a, 'd'), 7)
})

test('literal segments win over parameters and a wrong method names the right ones', () => {
  const find = createRouter([
    { method: 'GET', path: '/vms/:id' },
    { method: 'DELETE', path: '/vms/:id' },
    { method: 'POST', path: '/events/undelete' },
    { method: 'GET', path: '/events/:id' },
  ])
  assert.deepEqual(find('GET', ['vms', '7']), {
    kind: 'route',
    route: { method: 'GET', path: '/vms/:id' },
    params: { id: '7' },
  })
  assert.equal(find('POST', ['events', 'undelete']).kind, 'route')
  assert.deepEqual(find('PUT', ['vms', '7']), { kind: 'method', allowed: ['GET', 'DELETE'] })
  assert.deepEqual(find('GET', ['nothing']), { kind: 'none' })
})

test('XML is the language unless JSON is asked for', () => {
  assert.equal(answerFormat(undefined, undefined), 'xml')
  assert.equal(answerFormat(undefined, '*/*'), 'xml')
  assert.equal(answerFormat(undefined, 'application/json'), 'json')
  assert.equal(answerFormat(address('/ovirt-engine/api?accept=json'), 'application/xml'), 'json')
  assert.equal(bodyFormat(undefined, ' {"a":1}'), 'json')
})

test('faults carry the words that clients show', () => {
  assert.deepEqual(faultOf(conflict('vm.name_taken', 'Cannot add VM. The VM name is already in use.')), {
    status: 409,
    fault: { reason: 'Operation Failed', detail: '[Cannot add VM. The VM name is already in use.]' },
  })
  assert.deepEqual(faultOf(incomplete('Vm', ['name'], 'add')), {
    status: 400,
    fault: { reason: 'Incomplete parameters', detail: 'Vm [name] required for add' },
  })
  assert.equal(faultOf(new Error('secret')).fault['detail']?.toString().includes('secret'), false)
  assert.equal(faultOf(invalid('wire.invalid_value', 'x is not an integer')).fault['reason'], 'Invalid value')
})
