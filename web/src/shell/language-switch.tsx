import { useTranslation } from 'react-i18next'
import { languages, ownName } from '../i18n/index.ts'
import { chooseAppearance, useAppearance } from './appearance.ts'

/** Switches the language; each language is called by its own name, in its own language. */
export function LanguageSwitch() {
  const { t } = useTranslation('shell')
  const { language } = useAppearance()
  return (
    <div role="group" aria-label={t('language')} className="rk-languages">
      {languages.map(one => (
        <button
          type="button"
          key={one}
          lang={one}
          aria-pressed={one === language}
          onClick={() => void chooseAppearance({ language: one })}
        >
          {ownName[one]}
        </button>
      ))}
    </div>
  )
}
