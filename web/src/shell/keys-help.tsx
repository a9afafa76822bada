import { Modal, ModalBody, ModalHeader } from '@patternfly/react-core'
import { useTranslation } from 'react-i18next'
import { goKeys } from './keys.ts'

const list = [
  ['↑ ↓ Home End PgUp PgDn', 'move'],
  ['Space', 'select'],
  ['Shift+↑ Shift+↓', 'range'],
  ['Ctrl+A', 'all'],
  ['Enter', 'enter'],
  ['. / Shift+F10', 'menu'],
  ['n', 'new'],
] as const
const anywhere = [
  ['/', 'search'],
  ['?', 'help'],
  ['Shift+T', 'tasks'],
  ['[ ]', 'tabs'],
  ['Ctrl+Enter', 'submit'],
  ['Esc', 'close'],
] as const

/** The sheet of keys. */
export function KeysHelp({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation('shell')
  const rows = (keys: readonly (readonly [string, (typeof anywhere)[number][1] | (typeof list)[number][1]])[]) => (
    <dl className="rk-keys">
      {keys.map(([key, what]) => (
        <div key={what}>
          <dt>
            <kbd>{key}</kbd>
          </dt>
          <dd>{t(`keys.${what}`)}</dd>
        </div>
      ))}
    </dl>
  )
  return (
    <Modal isOpen variant="medium" onClose={onClose} aria-labelledby="keys-help" className="rk-modal">
      <ModalHeader title={t('keys.title')} labelId="keys-help" />
      <ModalBody>
        <h2 className="rk-h2">{t('keys.anywhere')}</h2>
        {rows(anywhere)}
        <dl className="rk-keys">
          {Object.entries(goKeys).map(([key, page]) => (
            <div key={key}>
              <dt>
                <kbd>g {key}</kbd>
              </dt>
              <dd>{t(`page.${page}`)}</dd>
            </div>
          ))}
        </dl>
        <h2 className="rk-h2">{t('keys.list')}</h2>
        {rows(list)}
      </ModalBody>
    </Modal>
  )
}
