// How the apps are built: each with its own entry, its own folder in `dist/`, and no script inside
// its page. `vite --config vite.config.mjs` with APP=desk or APP=field serves one while it is
// worked on, in front of a service on 127.0.0.1:8080.
import vue from '@vitejs/plugin-vue'
import { resolve } from 'node:path'
import { precache } from './field/precache.mjs'

const HERE = import.meta.dirname
// Old web views of chat apps read ES2018 at most.
const TARGET = { field: 'es2018', desk: 'es2020' }

/** The configuration of `desk` or `field`. */
export function config(app) {
  return {
    configFile: false,
    root: resolve(HERE, app),
    base: `/${app}/`,
    logLevel: 'warn',
    plugins: [vue(), ...(app === 'field' ? [precache()] : [])],
    resolve: { alias: { '@': resolve(HERE, 'shared') } },
    define: {
      __VUE_OPTIONS_API__: true,
      __VUE_PROD_DEVTOOLS__: false,
    },
    build: {
      outDir: resolve(HERE, 'dist', app),
      emptyOutDir: true,
      target: TARGET[app],
      cssTarget: app === 'field' ? 'chrome61' : 'chrome87',
      modulePreload: { polyfill: false },
      // A file inlined as data would need a wider policy.
      assetsInlineLimit: 0,
      sourcemap: false,
      chunkSizeWarningLimit: 2000,
    },
    server: { port: app === 'desk' ? 5173 : 5174, proxy: { '/api': 'http://127.0.0.1:8080' } },
  }
}

export default config(process.env.APP ?? 'desk')
