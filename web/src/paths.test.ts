import assert from 'node:assert/strict'
import { test } from 'node:test'
import { paths, safeNext } from './paths.ts'

test('addresses stay what bookmarks and links have', () => {
  const id = '6f1c0a52-0000-4000-8000-000000009e77'
  assert.deepEqual(
    [
      paths.signIn('/admin/vms?q=status%3Dup'),
      paths.dashboard(),
      paths.vms({ q: 'status = up', sort: '-memory', cols: 'name,status' }),
      paths.newVm(),
      paths.newVm({ disk: id }),
      paths.vm(id),
      paths.vm(id, 'performance', { from: '-6h', to: 'now' }),
      paths.vmConsole(id, 'serial'),
      paths.hosts(),
      paths.host(id, 'vms'),
      paths.clusters({ q: 'datacenter = Default' }),
      paths.cluster(id, 'scheduling'),
      paths.affinity(),
      paths.affinityTab('labels'),
      paths.policies(),
      paths.domains(),
      paths.domain(id, 'disks'),
      paths.disks(),
      paths.disk(id),
      paths.images(),
      paths.upload(),
      paths.tasks({ show: 'failed' }),
      paths.task(id),
      paths.events({ q: 'severity = error' }),
      paths.sessions(),
      paths.account(),
    ],
    [
      '/sign-in?next=%2Fadmin%2Fvms%3Fq%3Dstatus%253Dup',
      '/admin',
      '/admin/vms?q=status+%3D+up&sort=-memory&cols=name%2Cstatus',
      '/admin/vms/new',
      `/admin/vms/new?disk=${id}`,
      `/admin/vms/${id}/overview`,
      `/admin/vms/${id}/performance?from=-6h&to=now`,
      `/portal/vms/${id}/console/serial`,
      '/admin/hosts',
      `/admin/hosts/${id}/vms`,
      '/admin/clusters?q=datacenter+%3D+Default',
      `/admin/clusters/${id}/scheduling`,
      '/admin/affinity',
      '/admin/affinity/labels',
      '/admin/policies',
      '/admin/storage',
      `/admin/storage/${id}/disks`,
      '/admin/disks',
      `/admin/disks/${id}/overview`,
      '/admin/images',
      '/admin/images/upload',
      '/admin/tasks?show=failed',
      `/admin/tasks/${id}`,
      '/admin/events?q=severity+%3D+error',
      '/admin/sessions',
      '/admin/account',
    ],
  )
})

test('sign-in leads only to paths of ours (W22)', () => {
  assert.equal(safeNext('/admin/vms?q=a#b'), '/admin/vms?q=a#b')
  assert.equal(safeNext('/portal'), '/portal')
  for (const bad of [
    undefined,
    7,
    '',
    'admin',
    'https://evil.example/admin',
    '//evil.example/admin',
    '/\\evil.example/admin',
    '/\t/evil.example',
    'javascript:alert(1)',
    '/sign-in?next=/sign-in',
    '/adminx',
    '/admin/../ovirt-engine/sso/logout',
    '/%2f/evil.example',
  ])
    assert.equal(safeNext(bad), undefined, String(bad))
})
