import { conflict } from '@rookery/model'
import { ask } from '../../../core/call.ts'
import { operatingSystems } from '../../../compute/os/catalogue.ts'
import { templateFields } from '../../../compute/search-fields.ts'
import { list as listTemplates } from '../../../compute/template/queries.ts'
import type { TemplateRow } from '../../../compute/template/types.ts'
import { apiBase } from '../http/address.ts'
import { linksBelow, list, one, stub } from '../kernel/answer.ts'
import { found, pathId, searched } from '../kernel/read.ts'
import { type ApiRequest, del, get, type Route } from '../kernel/route.ts'
import { stableId } from '../kernel/stable-id.ts'
import { configToWire } from '../vms/vm-wire.ts'
import { typeInfo } from '../wire/fields.ts'
import type { WireObject } from '../wire/wire-object.ts'

/** A template as the API shows it. */
export function templateToWire(row: TemplateRow): WireObject {
  const href = `${apiBase}/templates/${row.id}`
  return {
    id: row.id,
    href,
    link: linksBelow(href, typeInfo('Template').links),
    ...configToWire(row.config),
    name: row.name,
    description: row.description,
    comment: '',
    creation_time: row.createdAt,
    origin: 'ovirt',
    status: row.status,
    cluster: stub('clusters', row.clusterId),
    version: {
      version_name: row.versionName,
      version_number: row.versionNumber,
      base_template: stub('templates', row.id),
    },
  }
}

async function templateOf(request: ApiRequest, name = 'id'): Promise<TemplateRow> {
  const id = pathId(request, name)
  return found((await ask(request.env, listTemplates, { ids: [id] }))[0], 'Template', id)
}

const osToWire = (os: (typeof operatingSystems)[number]): WireObject => {
  const id = stableId(`operating system ${os.name}`)
  return {
    id,
    href: `${apiBase}/operatingsystems/${id}`,
    name: os.name,
    description: os.description,
    architecture: os.architecture,
  }
}

export const templateRoutes: Route[] = [
  get('/templates', async request =>
    list(
      'Template',
      'templates',
      'template',
      (await searched(request, listTemplates, templateFields)).map(templateToWire),
    ),
  ),
  get('/templates/:id', async request => one('Template', templateToWire(await templateOf(request)))),
  del('/templates/:id', async request => {
    const row = await templateOf(request)
    throw conflict('template.blank', `Cannot remove Template. The ${row.name} template belongs to the installation.`)
  }),
  get('/templates/:template/diskattachments', async request => {
    await templateOf(request, 'template')
    return list('DiskAttachment', 'disk_attachments', 'disk_attachment', [])
  }),
  get('/templates/:template/nics', async request => {
    await templateOf(request, 'template')
    return list('Nic', 'nics', 'nic', [])
  }),
  get('/templates/:template/cdroms', async request => {
    await templateOf(request, 'template')
    return list('Cdrom', 'cdroms', 'cdrom', [])
  }),
  get('/operatingsystems', async () =>
    list('OperatingSystemInfo', 'operation_systems', 'operating_system', operatingSystems.map(osToWire)),
  ),
  get('/operatingsystems/:id', async request => {
    const id = pathId(request)
    return one(
      'OperatingSystemInfo',
      found(
        operatingSystems.map(osToWire).find(os => os.id === id),
        'OperatingSystem',
        id,
      ),
    )
  }),
]
