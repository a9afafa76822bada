import { Modal, ModalBody, ModalHeader } from '@patternfly/react-core'
import { useTranslation } from 'react-i18next'
import { type Session, sessionState } from '../api/session.ts'
import { paths } from '../paths.ts'
import { useGo } from '../templates/go.tsx'
import { SignInForm } from './sign-in-form.tsx'
import { shownPrincipal } from './principal.ts'

/** Sign-in over the page whose session ended: what was typed below stays. Another user starts at home. */
export function SignInOver({ was }: { was: Session }) {
  const { t } = useTranslation('shell')
  const go = useGo()
  const done = () => {
    const now = sessionState()
    if (now.phase === 'in' && now.session.user.id !== was.user.id) go(paths.dashboard(), { replace: true })
  }
  return (
    <Modal
      isOpen
      variant="small"
      aria-labelledby="sign-in-over"
      elementToFocus="#sign-in-password"
      className="rk-modal"
    >
      <ModalHeader title={t('signIn.title')} labelId="sign-in-over" description={t('signIn.over')} />
      <ModalBody>
        <p className="rk-sub rk-small">{t('signIn.overHint')}</p>
        <SignInForm user={shownPrincipal(was.user.principal)} onDone={done} />
      </ModalBody>
    </Modal>
  )
}
