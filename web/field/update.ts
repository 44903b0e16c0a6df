// A new version waits until nobody is in the middle of something.
import { ref, watch } from 'vue'
import { isBusy } from './busy'

export const ready = ref(false)
/** Whether this browser starts the app without a network. */
export const hasWorker = ref('serviceWorker' in navigator)
export const version = ref('')

const LOOK_MS = 30 * 60_000

let waiting: ServiceWorker | null = null
let taking = false

/** Registers the worker, and looks for a new version now and then. */
export async function startUpdates(): Promise<void> {
  if (!hasWorker.value) return
  const { serviceWorker } = navigator
  const hadOne = !!serviceWorker.controller
  serviceWorker.addEventListener('controllerchange', () => {
    // The first worker takes over a page that is of the same version.
    if (taking && hadOne) window.location.reload()
  })
  try {
    const it = await serviceWorker.register('/field/sw.js', { scope: '/field/' })
    found(it)
    it.addEventListener('updatefound', () => {
      const next = it.installing
      if (next) next.addEventListener('statechange', () => found(it))
    })
    window.setInterval(() => void it.update().catch(() => undefined), LOOK_MS)
  } catch {
    hasWorker.value = false
  }
  const names = await caches.keys().catch(() => [] as string[])
  const shell = names.find((name) => name.startsWith('shell-'))
  version.value = shell ? shell.slice('shell-'.length, 'shell-'.length + 8) : ''
}

function found(it: ServiceWorkerRegistration): void {
  if (!it.waiting || !navigator.serviceWorker.controller) return
  waiting = it.waiting
  ready.value = true
}

/** Looks for a new version at once. */
export async function look(): Promise<void> {
  const it = await navigator.serviceWorker.getRegistration('/field/')
  if (it) await it.update().catch(() => undefined)
}

/** Takes the new version, unless a form is open. */
export function takeOver(): boolean {
  if (isBusy.value || !waiting) return false
  taking = true
  waiting.postMessage('take_over')
  return true
}

// With nobody looking and nothing open, the new version is simply there next time.
document.addEventListener('visibilitychange', () => {
  if (document.hidden && ready.value) takeOver()
})
watch(ready, (is) => {
  if (is && document.hidden) takeOver()
})
