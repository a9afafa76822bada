import { Button, Tooltip } from '@patternfly/react-core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { type ApiError, toApiError } from '../api/error.ts'
import type { VmRow } from '../api/rows.ts'
import { download } from './download.ts'
import { openForViewer, vvSeconds } from './vv.ts'

/** A file for a native viewer (virt-viewer): the host waits for it for two minutes. */
export function VvButton({ vm, open }: { vm: VmRow; open: boolean }) {
  const { t } = useTranslation('console')
  const client = useQueryClient()
  const get = useMutation<string, ApiError>({
    mutationFn: () =>
      openForViewer(client, vm.id).catch((error: unknown) => {
        throw toApiError(error)
      }),
    onSuccess: file => download(`${vm.name}.vv`, new Blob([file], { type: 'application/x-virt-viewer' })),
  })
  const hint = get.error === null ? t('vv.hint', { seconds: vvSeconds }) : t('vv.failed', { why: get.error.message })
  return (
    <Tooltip content={hint}>
      <Button
        variant="secondary"
        size="sm"
        isAriaDisabled={!open}
        isLoading={get.isPending}
        onClick={() => get.mutate()}
      >
        .vv
        <span className="pf-v6-screen-reader"> {t('vv.label')}</span>
      </Button>
    </Tooltip>
  )
}
