import { vitePlugin as remix } from '@remix-run/dev'
import tailwindcss from '@tailwindcss/vite'
import { defineConfig } from 'vite'
import { snippet } from './app/snippet/plugin.ts'
import remixConfig from './remix.config.js'

export default defineConfig({
  plugins: [tailwindcss(), remix(remixConfig), snippet()],
  publicDir: 'app/public',
  build: { target: 'es2022', reportCompressedSize: false },
  optimizeDeps: { entries: ['app/entry.client.tsx', 'app/root.tsx', 'app/routes/**/*.tsx'] },
  server: { watch: { ignored: ['**/data/**', '**/test/**', '**/build/**'] } },
})
