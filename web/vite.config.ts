import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

/** Where `npm run dev -w web` finds the engine whose console it shows. */
const engine = process.env['ROOKERY_URL'] ?? 'https://127.0.0.1:8443'

export default defineConfig({
  plugins: [react()],
  build: {
    target: 'es2022',
    // The content security policy allows no data: but pictures, so nothing is put into the styles.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Ours is measured gzipped, by scripts/size.ts.
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1000,
    manifest: true,
  },
  server: {
    proxy: Object.fromEntries(
      ['/api', '/images', '/ovirt-engine'].map(path => [path, { target: engine, secure: false, ws: true }]),
    ),
  },
})
