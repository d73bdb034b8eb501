import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

// `npm run dev -w packages/console` talks to a running Gatehouse; the address is GATEHOUSE_URL, as for the CLI.
const server = process.env['GATEHOUSE_URL'] ?? 'http://127.0.0.1:4180'

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), tailwindcss()],
  build: { outDir: 'dist', emptyOutDir: true, target: 'es2022', reportCompressedSize: false },
  server: { proxy: { '/api': server, '/openapi.json': server } },
})
