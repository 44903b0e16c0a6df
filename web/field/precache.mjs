// Builds the service worker `sw.js` beside the page, with the list of files that it keeps.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

/** What is fetched only when a person opens the map. */
const LATER = /maplibre/

/** A plugin that writes the service worker with the names of the files it keeps. */
export function precache() {
  return {
    name: 'bihuan-precache',
    apply: 'build',
    generateBundle(_, bundle) {
      const files = Object.keys(bundle).filter((it) => !it.endsWith('.map') && !LATER.test(it))
      const page = createHash('sha256')
      for (const name of files.sort()) page.update(name)
      const source = readFileSync(resolve(import.meta.dirname, 'sw.js'), 'utf8')
      page.update(source)
      const list = JSON.stringify(
        files.filter((it) => it !== 'index.html').map((it) => `/field/${it}`),
      )
      const filled = source
        .replace('__VERSION__', page.digest('hex').slice(0, 16))
        .replace("['__FILES__']", list)
      this.emitFile({ type: 'asset', fileName: 'sw.js', source: filled })
    },
  }
}
