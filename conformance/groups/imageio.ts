import type { Group } from '../groups.ts'
import { replayChecks } from '../imageio/replay.ts'
import { ruleChecks } from '../imageio/rules.ts'
import { engineTickets } from '../imageio/tickets.ts'
import { Api } from '../raw/api.ts'

/** The data protocol, replayed without its client. */
export const imageioGroup: Group = {
  name: 'imageio',
  async run(report, { instance, images, scratch }) {
    const api = await Api.signIn(instance)
    try {
      const tickets = engineTickets(api)
      await ruleChecks(report, api.http, tickets)
      await replayChecks(report, { http: api.http, tickets, disk: images.disk, scratch })
    } finally {
      api.http.close()
    }
  },
}
