import {
  Button,
  Dropdown,
  DropdownItem,
  DropdownList,
  MenuToggle,
  ToggleGroup,
  ToggleGroupItem,
  Tooltip,
} from '@patternfly/react-core'
import { useState, useSyncExternalStore } from 'react'
import { useTranslation } from 'react-i18next'
import type { VmRow } from '../api/rows.ts'
import { paths } from '../paths.ts'
import { download } from './download.ts'
import { type Screen, SerialScreen, VncScreen } from './screens.ts'
import { hangul, hanja, rightAlt, specialKeys } from './special-keys.ts'
import type { KeyEvent } from './type-text.ts'
import { TypeTextDialog } from './type-text-dialog.tsx'
import type { FullScreen } from './use-full-screen.ts'
import { VvButton } from './vv-button.tsx'

interface ToolbarProps {
  vm: VmRow
  screen: Screen
  /** Whether there is a picture to act on. */
  open: boolean
  onProtocol: (protocol: 'vnc' | 'serial') => void
  detached: boolean
  full: FullScreen
  transcript: boolean
  onTranscript: (shown: boolean) => void
}

/** Everything that can be done with a console, outside of its picture. */
export function Toolbar(p: ToolbarProps) {
  const { t } = useTranslation('console')
  const { vm, screen } = p
  const [typing, setTyping] = useState(false)
  return (
    <div className="rk-console-bar" role="toolbar" aria-label={t('toolbar')}>
      <Protocols vm={vm} now={screen.protocol} onProtocol={p.onProtocol} />
      {screen instanceof VncScreen && <Keys screen={screen} open={p.open} />}
      <Button variant="secondary" size="sm" isAriaDisabled={!p.open} onClick={() => setTyping(true)}>
        {t('type.open')}
      </Button>
      {screen instanceof VncScreen && <Zoom screen={screen} />}
      {screen instanceof VncScreen && <Screenshot vm={vm} screen={screen} open={p.open} />}
      {screen instanceof SerialScreen && (
        <Button
          variant="secondary"
          size="sm"
          aria-expanded={p.transcript}
          onClick={() => p.onTranscript(!p.transcript)}
        >
          {t('transcript.title')}
        </Button>
      )}
      <Button variant="secondary" size="sm" aria-pressed={p.full.on} onClick={p.full.toggle}>
        {p.full.on ? t('full.leave') : t('full.enter')}
      </Button>
      {!p.detached && (
        <Button
          variant="secondary"
          size="sm"
          onClick={() =>
            window.open(paths.vmConsole(vm.id, screen.protocol), `rookery-${vm.id}`, 'popup,width=1080,height=860')
          }
        >
          {t('detach')}
        </Button>
      )}
      {screen instanceof VncScreen && <VvButton vm={vm} open={p.open} />}
      {typing && <TypeTextDialog screen={screen} onClose={() => setTyping(false)} />}
    </div>
  )
}

/** VNC | Serial; one that this VM does not have stays, with the reason. */
function Protocols({ vm, now, onProtocol }: { vm: VmRow; now: 'vnc' | 'serial' } & Pick<ToolbarProps, 'onProtocol'>) {
  const { t } = useTranslation('console')
  const config = vm.runConfig ?? vm.config
  const missing = { vnc: config.display.consoles.length === 0, serial: !config.serialConsole }
  return (
    <ToggleGroup isCompact aria-label={t('protocol.label')}>
      {(['vnc', 'serial'] as const).map(protocol => {
        const item = (
          <ToggleGroupItem
            key={protocol}
            text={t(`protocol.${protocol}`)}
            isSelected={now === protocol}
            aria-label={missing[protocol] ? t(`protocol.no_${protocol}`) : t(`protocol.${protocol}`)}
            aria-disabled={missing[protocol]}
            onChange={() => {
              if (!missing[protocol] && now !== protocol) onProtocol(protocol)
            }}
          />
        )
        return missing[protocol] ? (
          <Tooltip key={protocol} content={t(`protocol.no_${protocol}`)}>
            {item}
          </Tooltip>
        ) : (
          item
        )
      })}
    </ToggleGroup>
  )
}

function Keys({ screen, open }: { screen: VncScreen; open: boolean }) {
  const { t } = useTranslation('console')
  const [shown, setShown] = useState(false)
  const send = (events: readonly KeyEvent[]) => {
    screen.send(events)
    setShown(false)
    screen.focus()
  }
  return (
    <>
      <Button variant="secondary" size="sm" isAriaDisabled={!open} onClick={() => send(specialKeys[0]?.events ?? [])}>
        Ctrl+Alt+Del
      </Button>
      <Dropdown
        isOpen={shown}
        isScrollable
        maxMenuHeight="60vh"
        popperProps={{ appendTo: 'inline' }}
        onOpenChange={setShown}
        toggle={ref => (
          <MenuToggle ref={ref} size="sm" isExpanded={shown} isDisabled={!open} onClick={() => setShown(!shown)}>
            {t('keys.more')}
          </MenuToggle>
        )}
      >
        <DropdownList>
          {specialKeys.map(({ name, events }) => (
            <DropdownItem key={name} onClick={() => send(events)}>
              {name}
            </DropdownItem>
          ))}
          <DropdownItem description={t('keys.rightAltHint')} onClick={() => send(rightAlt)}>
            {t('keys.rightAlt')}
          </DropdownItem>
          <DropdownItem onClick={() => send(hanja)}>{t('keys.hanja')}</DropdownItem>
        </DropdownList>
      </Dropdown>
      <Button variant="secondary" size="sm" isAriaDisabled={!open} onClick={() => send(hangul)}>
        <span lang="ko">한/영</span>
        <span className="pf-v6-screen-reader"> {t('keys.hangul')}</span>
      </Button>
    </>
  )
}

function Zoom({ screen }: { screen: VncScreen }) {
  const { t } = useTranslation('console')
  const fit = useSyncExternalStore(screen.fit.subscribe, screen.fit.get)
  return (
    <ToggleGroup isCompact aria-label={t('zoom.label')}>
      <ToggleGroupItem text={t('zoom.fit')} isSelected={fit} onChange={() => screen.setFit(true)} />
      <ToggleGroupItem text="1:1" isSelected={!fit} onChange={() => screen.setFit(false)} />
    </ToggleGroup>
  )
}

function Screenshot({ vm, screen, open }: { vm: VmRow; screen: VncScreen; open: boolean }) {
  const { t } = useTranslation('console')
  const take = async () => {
    const picture = await screen.screenshot()
    const moment = new Date().toISOString().slice(0, 19).replaceAll(/[:T]/g, '-')
    if (picture !== null) download(`${vm.name}-${moment}.png`, picture)
  }
  return (
    <Button variant="secondary" size="sm" isAriaDisabled={!open} onClick={() => void take()}>
      {t('screenshot')}
    </Button>
  )
}
