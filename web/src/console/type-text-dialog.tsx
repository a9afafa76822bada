import {
  Button,
  Form,
  FormGroup,
  FormHelperText,
  HelperText,
  HelperTextItem,
  Modal,
  ModalBody,
  ModalFooter,
  ModalHeader,
  Progress,
  TextArea,
} from '@patternfly/react-core'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Screen } from './screens.ts'
import { keysOfText } from './type-text.ts'

/** The most that is typed at once: at 30 ms a key this takes two minutes. */
const longest = 4000

/** Types a text into the guest, key by key: its clipboard is out of reach, its keyboard is not. */
export function TypeTextDialog({ screen, onClose }: { screen: Screen; onClose: () => void }) {
  const { t } = useTranslation('console')
  const [text, setText] = useState('')
  const [part, setPart] = useState<number>()
  const running = useRef<AbortController>(undefined)
  useEffect(() => () => running.current?.abort(), [])

  const keys = keysOfText(text.slice(0, longest))
  const vnc = screen.protocol === 'vnc'
  const close = () => {
    running.current?.abort()
    onClose()
    screen.focus()
  }
  const type = async () => {
    if (text === '' || part !== undefined) return
    const stop = new AbortController()
    running.current = stop
    setPart(0)
    await screen.type(text.slice(0, longest), stop.signal, setPart)
    if (!stop.signal.aborted) close()
  }
  return (
    <Modal isOpen variant="small" onClose={close} aria-labelledby="type-text-title" className="rk-modal">
      <ModalHeader title={t('type.title')} labelId="type-text-title" />
      <ModalBody>
        <Form
          onSubmit={event => {
            event.preventDefault()
            void type()
          }}
        >
          <FormGroup label={t('type.text')} fieldId="type-text">
            <TextArea
              id="type-text"
              value={text}
              rows={5}
              maxLength={longest}
              autoFocus
              resizeOrientation="vertical"
              isDisabled={part !== undefined}
              onChange={(_event, value) => setText(value)}
            />
            <FormHelperText>
              <HelperText>
                <HelperTextItem>{vnc ? t('type.layoutHint') : t('type.serialHint')}</HelperTextItem>
                {vnc && keys.korean && <HelperTextItem>{t('type.koreanHint')}</HelperTextItem>}
                {vnc && keys.untypable.length > 0 && (
                  <HelperTextItem variant="warning">
                    {t('type.untypable', { chars: keys.untypable.slice(0, 20).join(' ') })}
                  </HelperTextItem>
                )}
              </HelperText>
            </FormHelperText>
          </FormGroup>
          {part !== undefined && <Progress value={Math.round(part * 100)} aria-label={t('type.progress')} />}
        </Form>
      </ModalBody>
      <ModalFooter>
        <Button onClick={() => void type()} isAriaDisabled={text === '' || part !== undefined}>
          {t('type.go')}
        </Button>
        <Button variant="link" onClick={close}>
          {part === undefined ? t('type.cancel') : t('type.stop')}
        </Button>
      </ModalFooter>
    </Modal>
  )
}
