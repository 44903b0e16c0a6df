// The outbox of this page: what waits, and when it is tried.
import { computed, ref, shallowRef } from 'vue'
import { goesFirst, isLate, type Item } from '@/outbox/item'
import { newId } from '@/id'
import { Sender, tidy } from '@/outbox/sender'
import { now } from '@/time'
import { askToKeep, keeping, online, shelf } from './device'
import { away, greet, me, signedOut } from './identity'

export const items = shallowRef<Item[]>([])
/** The item that is being sent at this moment, by this page. */
export const current = ref<string | null>(null)
/** Counts what arrived, so that lists of the service are read anew. */
export const arrivals = ref(0)

export const unsent = computed(() => items.value.filter((it) => it.state !== 'sent'))
export const refused = computed(() => items.value.filter((it) => it.state === 'refused'))
export const late = computed(() => unsent.value.filter((it) => isLate(it, Date.now())))

const channel =
  typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('bihuan.outbox')

export async function reload(): Promise<void> {
  const before = items.value.filter((it) => it.state === 'sent').length
  items.value = await shelf.value.items()
  if (items.value.filter((it) => it.state === 'sent').length > before) arrivals.value += 1
}

/** An id later than those of all that waits, whatever the clock of the device did meanwhile. */
export function freshId(): string {
  const ms = unsent.value.map((it) => parseInt(it.id.replace('-', '').slice(0, 12), 16))
  return newId(Math.max(now(), ...ms.map((it) => it + 1)))
}

/** Any answer tells that the service is there again. */
async function reach(url: string, init: RequestInit): Promise<Response> {
  const answer = await fetch(url, init)
  away.value = false
  return answer
}

let sender: Sender | null = null
let timer = 0

/** Begins to send what waits, and to look after it. */
export async function startOutbox(): Promise<void> {
  sender = new Sender({
    shelf: shelf.value,
    fetcher: reach,
    now: () => Date.now(),
    chance: () => Math.random(),
    account: () => (me.value && !signedOut.value ? me.value.account : null),
    changed: (id) => {
      current.value = id
      void reload()
      if (channel) channel.postMessage('changed')
    },
    signedOut: () => (signedOut.value = true),
  })
  if (channel) channel.onmessage = () => void reload()
  await sweep()
  await reload()
  window.addEventListener('online', () => void hurry())
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) void kick()
  })
  void kick()
}

/** Tries what is due now, and again when something is due. */
export async function kick(): Promise<void> {
  if (!sender) return
  window.clearTimeout(timer)
  await sender.run()
  await reload()
  const due = await sender.dueAt()
  if (due === null) return
  // Without a network the browser tells when there is one; it is asked now and then all the same.
  const soonest = online.value ? 1_000 : 30_000
  timer = window.setTimeout(() => void kick(), Math.max(soonest, due - Date.now()))
}

/** Tries everything now, whatever it waits for. */
export async function hurry(): Promise<void> {
  await greet()
  if (sender) await sender.hurry()
  await kick()
}

/** Keeps items before anything of them is sent; then sends. */
export async function enqueue(made: Item[], endsDraft?: string): Promise<void> {
  await keeping(() => shelf.value.add(made, endsDraft))
  await reload()
  void askToKeep()
  void kick()
}

/** Sends a refused item again as a new command, as a person decided. */
export async function resend(item: Item): Promise<void> {
  const id = freshId()
  const body = { ...item.body, id, base_version: null }
  // An opening keeps the id of its matter: the steps behind it name it.
  const anew: Item = { ...item, id, body, state: 'waiting', tries: 0, next_try_at: 0 }
  const again = { ...anew, problem: null, last: null }
  const behind = items.value.filter(
    (it) => it.matter === item.matter && it.id > item.id && it.state !== 'sent',
  )
  const moved = behind.map((it) => {
    const next = freshId()
    return { ...it, id: next, body: { ...it.body, id: next } }
  })
  await shelf.value.add([again, ...moved])
  await shelf.value.remove([item.id, ...behind.map((it) => it.id)])
  await reload()
  void hurry()
}

/** Items that go with one that is given up: the later steps of its matter. */
export function behind(item: Item): Item[] {
  return unsent.value.filter((it) => it.matter === item.matter && it.id > item.id)
}

/** Gives an item up, with the steps behind it. A person said so twice. */
export async function discard(item: Item): Promise<void> {
  await shelf.value.remove([item.id, ...behind(item).map((it) => it.id)])
  await sweep()
  await reload()
}

/** The steps of a matter that wait on this device, in order. */
export function waitingFor(matter: string): Item[] {
  return unsent.value.filter((it) => it.matter === matter)
}

/** The item before this one, where that must go first. */
export function blockedBy(item: Item): Item | undefined {
  return goesFirst(item, items.value)
}

const ORPHAN_MS = 24 * 3_600_000

/** Lets photos go that nothing names any more. */
async function sweep(): Promise<void> {
  await tidy(shelf.value)
  const wanted = new Set<string>()
  for (const it of await shelf.value.items()) {
    if (it.state !== 'sent') for (const photo of it.photos) wanted.add(photo.digest)
  }
  for (const key of await shelf.value.keys('draft:')) {
    const draft = await shelf.value.read<{ photos?: { digest: string }[] }>(key)
    for (const photo of (draft && draft.photos) || []) wanted.add(photo.digest)
  }
  for (const digest of await shelf.value.photoKeys()) {
    if (wanted.has(digest)) continue
    const photo = await shelf.value.photo(digest)
    if (photo && Date.now() - photo.kept_at > ORPHAN_MS) await shelf.value.dropPhotos([digest])
  }
}
