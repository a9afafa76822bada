import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parametersOf, routeOf } from './template.ts'

test('ids become {id} wherever they stand, whatever they look like', () => {
  const routes = {
    '/ovirt-engine/api': '/ovirt-engine/api',
    '/ovirt-engine/api/': '/ovirt-engine/api',
    '/ovirt-engine/api/vms?search=name%3Da': '/ovirt-engine/api/vms',
    '/ovirt-engine/api/v4/vms/7a1d/start': '/ovirt-engine/api/vms/{id}/start',
    '/ovirt-engine/api/vms/7a1d/nics/8b/reporteddevices/1': '/ovirt-engine/api/vms/{id}/nics/{id}/reporteddevices/{id}',
    '/ovirt-engine/api/clusterlevels/4.7': '/ovirt-engine/api/clusterlevels/{id}',
    '/ovirt-engine/api/storagedomains/1/files/tiny.iso': '/ovirt-engine/api/storagedomains/{id}/files/{id}',
    '/ovirt-engine/api/vms;max=10': '/ovirt-engine/api/vms',
    '/ovirt-engine/sso/oauth/token': '/ovirt-engine/sso/oauth/token',
  }
  for (const [path, route] of Object.entries(routes)) assert.equal(routeOf(path), route)
})

test('parameters are known by name', () => {
  assert.deepEqual(parametersOf('/x?search=a&max=3&search='), ['max', 'search'])
  assert.deepEqual(parametersOf('/x'), [])
})
