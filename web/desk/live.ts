// What changes elsewhere, as the service tells it: pages that show a matter read it anew.
import { onScopeDispose, ref } from 'vue'

export type LiveState = 'closed' | 'open' | 'lost'
export const liveState = ref<LiveState>('closed')

type Listener = (kind: string, data: unknown) => void
const listeners = new Set<Listener>()
let source: EventSource | null = null

/** Listens as long as somebody is signed in; the browser connects again by itself. */
export function listen(): void {
  if (source) return
  source = new EventSource('/api/v1/events')
  source.onopen = () => (liveState.value = 'open')
  source.onerror = () => (liveState.value = 'lost')
  source.onmessage = (event) => tell('message', event.data)
  for (const kind of ['matter', 'reset']) {
    source.addEventListener(kind, (event) => tell(kind, (event as MessageEvent<string>).data))
  }
}

/** Ends listening, when somebody signs out. */
export function deafen(): void {
  source?.close()
  source = null
  liveState.value = 'closed'
}

function tell(kind: string, data: string): void {
  let read: unknown = data
  try {
    read = JSON.parse(data)
  } catch {
    // What is no JSON is told as it came.
  }
  for (const listener of listeners) listener(kind, read)
}

/** Calls back at each change while the component lives. */
export function onChange(listener: Listener): void {
  listeners.add(listener)
  onScopeDispose(() => listeners.delete(listener))
}
