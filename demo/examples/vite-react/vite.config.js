import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig({
  plugins: [react()],
  // In development: index, meeting point and service worker of `peertide serve public`.
  server: { proxy: { '/.peertide': { target: 'http://127.0.0.1:7000', ws: true } } },
})
