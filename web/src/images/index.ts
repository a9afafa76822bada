export { type Chosen, startUploads, useUpload, useUploads } from './manager.ts'
export { uploadsPresent } from './presence.ts'
export { UploadList, UploadTray } from './upload-tray.tsx'
