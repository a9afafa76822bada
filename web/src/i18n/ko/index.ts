import access from './access.json' with { type: 'json' }
import affinity from './affinity.json' with { type: 'json' }
import charts from './charts.json' with { type: 'json' }
import clusters from './clusters.json' with { type: 'json' }
import common from './common.json' with { type: 'json' }
import console from './console.json' with { type: 'json' }
import dashboard from './dashboard.json' with { type: 'json' }
import detail from './detail.json' with { type: 'json' }
import dialog from './dialog.json' with { type: 'json' }
import errors from './errors.json' with { type: 'json' }
import events from './events.json' with { type: 'json' }
import format from './format.json' with { type: 'json' }
import hosts from './hosts.json' with { type: 'json' }
import images from './images.json' with { type: 'json' }
import list from './list.json' with { type: 'json' }
import policies from './policies.json' with { type: 'json' }
import scheduling from './scheduling.json' with { type: 'json' }
import shell from './shell.json' with { type: 'json' }
import status from './status.json' with { type: 'json' }
import storage from './storage.json' with { type: 'json' }
import tasks from './tasks.json' with { type: 'json' }
import vms from './vms.json' with { type: 'json' }

/** All words in Korean, by area. */
export const words = {
  access,
  affinity,
  charts,
  clusters,
  common,
  console,
  dashboard,
  detail,
  dialog,
  errors,
  events,
  format,
  hosts,
  images,
  list,
  policies,
  scheduling,
  shell,
  status,
  storage,
  tasks,
  vms,
}
