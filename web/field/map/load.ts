// Fetches the map engine: a script and its style, with the first visit of the map.
import styleUrl from 'maplibre-gl/dist/maplibre-gl.css?url'
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url'
import engineUrl from './maplibre-engine.ts?worker&url'

export { workerUrl }

const TIMEOUT_MS = 60_000

/** Whether this browser can draw it. */
export function canDraw(): boolean {
  try {
    return !!document.createElement('canvas').getContext('webgl2')
  } catch {
    return false
  }
}

function element(tag: 'script' | 'link', set: Record<string, string>): Promise<void> {
  return new Promise((done, fail) => {
    const it = document.createElement(tag)
    for (const [key, value] of Object.entries(set)) it.setAttribute(key, value)
    it.onload = () => done()
    it.onerror = () => fail(new Error(`not loaded: ${tag}`))
    window.setTimeout(() => fail(new Error('slow')), TIMEOUT_MS)
    document.head.appendChild(it)
  })
}

let loading: Promise<void> | null = null

/** Loads the engine once; a failure is tried again the next time. */
export function loadEngine(): Promise<void> {
  if (!loading) {
    loading = Promise.all([
      element('link', { rel: 'stylesheet', href: styleUrl }),
      element('script', { src: engineUrl }),
    ]).then(() => undefined)
    loading.catch(() => (loading = null))
  }
  return loading
}
