// What this person was told: the list as it was last read, and how many are unread.
import { ref, shallowRef } from 'vue'
import { api, told, type Schemas } from '@/api/client'

export type Message = Schemas['MessageShown']

export const messages = shallowRef<Message[]>([])
export const unread = ref(0)
/** Where the list goes on; none after the last. */
export const next = ref<string | null>(null)

/** Reads the newest page; what is read here counts as delivered. */
export async function readMessages(): Promise<void> {
  const page = await told(api.GET('/api/v1/messages', { params: { query: {} } }))
  take(page, page.rows)
}

/** Reads the page after what is here. */
export async function readMore(): Promise<void> {
  if (!next.value) return
  const query = { cursor: next.value }
  const page = await told(api.GET('/api/v1/messages', { params: { query } }))
  take(page, [...messages.value, ...page.rows])
}

function take(page: Schemas['MessagePage'], rows: Message[]): void {
  messages.value = rows
  unread.value = page.unread
  next.value = page.next ?? null
}

/** Marks messages as read. */
export async function markRead(ids: string[]): Promise<void> {
  const left = await told(api.POST('/api/v1/messages/read', { body: { ids } }))
  unread.value = left.unread
  const at = Date.now()
  const isMarked = (it: Message) => ids.includes(it.id) && !it.read_at
  const marked = (it: Message) => ({ ...it, read_at: at, unread: false })
  messages.value = messages.value.map((it) => (isMarked(it) ? marked(it) : it))
}

/** Confirms that this person has received a message (签收). */
export async function receive(id: string): Promise<void> {
  await told(api.POST('/api/v1/messages/{id}/receive', { params: { path: { id } } }))
  await readMessages()
}
