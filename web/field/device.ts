// What this device keeps, and whether it may.
import { ref, shallowRef } from 'vue'
import { isFull, MemoryShelf, openShelf, type Shelf } from '@/outbox/shelf'

export const shelf = shallowRef<Shelf>(new MemoryShelf())
/** Whether there is a network, as far as the browser knows. */
export const online = ref(typeof navigator === 'undefined' || navigator.onLine)
/** Whether the browser refused to keep more. */
export const full = ref(false)
/** Whether what is kept stays when the browser needs room; unknown where it does not say. */
export const persisted = ref<boolean | null>(null)
/** Bytes used and granted, where the browser says. */
export const room = ref<{ used: number; granted: number } | null>(null)

/** Opens what this device keeps. */
export async function openDevice(): Promise<void> {
  shelf.value = await openShelf()
  window.addEventListener('online', () => (online.value = true))
  window.addEventListener('offline', () => (online.value = false))
  void measure()
}

/** Asks the browser not to throw away what is kept; it may ask the person. */
export async function askToKeep(): Promise<void> {
  if (persisted.value || !navigator.storage || !navigator.storage.persist) return
  persisted.value = await navigator.storage.persist().catch(() => false)
  await measure()
}

/** Looks how much room is used. */
export async function measure(): Promise<void> {
  if (!navigator.storage) return
  if (navigator.storage.persisted)
    persisted.value = await navigator.storage.persisted().catch(() => null)
  if (!navigator.storage.estimate) return
  const it = await navigator.storage.estimate().catch(() => null)
  if (it) room.value = { used: it.usage || 0, granted: it.quota || 0 }
}

/** Does what writes to the device; tells where it is full instead of losing what it was. */
export async function keeping<T>(work: () => Promise<T>): Promise<T> {
  try {
    const done = await work()
    full.value = false
    return done
  } catch (error) {
    if (isFull(error)) full.value = true
    throw error
  }
}
