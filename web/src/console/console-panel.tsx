import { useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { useTranslation } from 'react-i18next'
import { onSessionChange, sessionState } from '../api/session.ts'
import type { VmRow } from '../api/rows.ts'
import './console.css'
import { Overlay } from './overlay.tsx'
import { WayOut } from './release.ts'
import { type Screen, SerialScreen, VncScreen } from './screens.ts'
import { Toolbar } from './toolbar.tsx'
import { Transcript } from './transcript.tsx'
import { useFullScreen } from './use-full-screen.ts'

export interface ConsolePanelProps {
  vm: VmRow
  /** Whether the VM can be looked at now. */
  awake: boolean
  protocol: 'vnc' | 'serial'
  onProtocol: (protocol: 'vnc' | 'serial') => void
  /** In a window of its own: there is nothing to detach. */
  detached?: boolean
}

/** A VM's console: the toolbar, and below it the picture or what stands in its place. */
export function ConsolePanel(p: ConsolePanelProps) {
  // A screen belongs to one VM and one protocol for its whole life.
  return <OneConsole key={`${p.vm.id}/${p.protocol}`} {...p} />
}

function OneConsole({ vm, awake, protocol, onProtocol, detached }: ConsolePanelProps) {
  const { t } = useTranslation('console')
  const [screen] = useState<Screen>(() =>
    protocol === 'vnc'
      ? new VncScreen(vm.id, awake, t('label.vnc', { vm: vm.name }))
      : new SerialScreen(vm.id, awake, t('label.serial', { vm: vm.name })),
  )
  const { session, place } = screen
  const state = useSyncExternalStore(session.subscribe, session.get)
  const [said, setSaid] = useState('')
  const [transcript, setTranscript] = useState(false)
  const panel = useRef<HTMLDivElement>(null)
  const full = useFullScreen()

  useEffect(() => session.setAwake(awake), [session, awake])
  useEffect(
    () =>
      onSessionChange(() => {
        if (sessionState().phase === 'in' && session.get().phase === 'over') session.retry()
      }),
    [session],
  )

  const [wayOut] = useState(() => new WayOut())
  const release = () => {
    screen.release()
    panel.current?.querySelector<HTMLElement>('[role=toolbar] button')?.focus()
    setSaid(t('keys.released'))
  }

  return (
    <div className="rk-console" ref={panel} data-full={full.on} data-phase={state.phase}>
      <Toolbar
        vm={vm}
        screen={screen}
        open={state.phase === 'open'}
        onProtocol={onProtocol}
        detached={detached === true}
        full={full}
        transcript={transcript}
        onTranscript={setTranscript}
      />
      <div
        className="rk-console-place"
        data-protocol={protocol}
        onKeyDownCapture={event => wayOut.down(event.code)}
        onKeyUpCapture={event => {
          if (wayOut.up(event.code)) release()
        }}
        onFocusCapture={() => setSaid(t('keys.taken'))}
        onBlurCapture={() => wayOut.forget()}
      >
        {/* Displays draw here by themselves. */}
        <div className="rk-console-screen" ref={place} />
        {state.phase !== 'open' && <Overlay state={state} vm={vm} retry={() => session.retry()} />}
      </div>
      {transcript && screen instanceof SerialScreen && <Transcript screen={screen} vm={vm} />}
      <Footer screen={screen} />
      <div className="pf-v6-screen-reader" role="status">
        {said}
      </div>
    </div>
  )
}

function Footer({ screen }: { screen: Screen }) {
  const { t } = useTranslation('console')
  return (
    <p className="rk-console-foot">
      <span>{t('keys.hint')}</span>
      {screen instanceof VncScreen && <Size screen={screen} />}
    </p>
  )
}

function Size({ screen }: { screen: VncScreen }) {
  const size = useSyncExternalStore(screen.size.subscribe, screen.size.get)
  return size === '' ? null : <span className="rk-console-size"> · {size}</span>
}
