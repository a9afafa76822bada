export { ConsoleTab } from './console-tab.tsx'
