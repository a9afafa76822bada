import type { Group } from '../groups.ts'
import { Api } from '../raw/api.ts'
import { documentChecks } from '../raw/documents.ts'
import { formChecks } from '../raw/forms.ts'
import { signInChecks } from '../raw/sign-in.ts'

/** The API without a client library. */
export const rawGroup: Group = {
  name: 'raw',
  async run(report, { instance }) {
    const api = await report.check('signs in', () => Api.signIn(instance))
    if (api === undefined) return
    try {
      await signInChecks(report, api)
      await formChecks(report, api)
      await documentChecks(report, api)
    } finally {
      api.http.close()
    }
  },
}
