import { Button, Tooltip } from '@patternfly/react-core'
import type { ActionItem } from './actions.ts'

/** A button for an action; one that is impossible now keeps its place and the focus, and says why. */
export function ActionButton({
  action,
  variant = 'secondary',
  size = 'sm',
}: {
  action: ActionItem
  variant?: 'primary' | 'secondary'
  size?: 'sm' | 'default'
}) {
  const { label, reason, run, danger } = action
  const button = (
    <Button
      variant={variant}
      size={size}
      isAriaDisabled={reason !== undefined}
      isDanger={danger === true}
      onClick={reason === undefined ? run : undefined}
    >
      {label}
    </Button>
  )
  return reason === undefined ? (
    button
  ) : (
    // Below: beside it there are other buttons.
    <Tooltip content={reason} position="bottom-end" flipBehavior={['bottom-end', 'bottom-start', 'top-end']}>
      {button}
    </Tooltip>
  )
}
