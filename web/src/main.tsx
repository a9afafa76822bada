import '@patternfly/react-core/dist/styles/base.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { startI18n } from './i18n/index.ts'
import { isLanguage } from './i18n/languages.ts'

const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no #root')
const asked = document.documentElement.lang
await startI18n(isLanguage(asked) ? asked : 'en')
createRoot(root).render(<StrictMode>Rookery</StrictMode>)
