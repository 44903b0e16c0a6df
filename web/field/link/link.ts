// A link to one matter (一事一链): what whoever has it is told, and sends. The secret stands behind
// the `#` of the address, so that no server, log or referrer on the way sees it.
import { computed, reactive, ref, shallowRef, watch } from 'vue'
import type { Problem, Schemas } from '@/api/client'
import { sha256 } from '@/digest'
import { newId } from '@/id'
import { advice } from '@/language'
import type { PhotoSent } from '@/outbox/item'
import { meetRealm } from '@/session'
import { now } from '@/time'
import { upload } from '@/upload'
import { isVerdict, judge, later, send, type Verdict } from '@/verdict'
import { toSend, type Shot } from '../capture/take'
import { keeping, openDevice, shelf } from '../device'
import { askBy } from '../picture'

export type LinkTask = Schemas['LinkTask']

const ASK_MS = 20_000

/** What is filled in; kept at each change, until it was sent. */
interface Draft {
  photos: Shot[]
  text: string
  /** Photos on their way, by their digests. */
  sent: Record<string, PhotoSent>
  /** The submission as it was tried; the same again has the same id. */
  tried: { id: string; said: string } | null
}

/** Where this page stands. */
export type Stand = 'reading' | 'away' | 'unknown' | 'ended' | 'open'
/** What became of sending. */
export type Sending = 'idle' | 'sending' | 'unsent' | 'refused' | 'sent'

/** Everything that the page of a link shows and does. */
export function useLink(token: string) {
  const task = shallowRef<LinkTask | null>(null)
  const stand = ref<Stand>('reading')
  const sending = ref<Sending>('idle')
  const problem = shallowRef<Problem | null>(null)
  const draft = reactive<Draft>({ photos: [], text: '', sent: {}, tried: null })
  const path = `/api/v1/links/${encodeURIComponent(token)}`
  let key = ''

  /** Whoever is signed in beside it on this phone has nothing to do with it. */
  const reach = (url: string, init: RequestInit): Promise<Response> => {
    const headers = { ...(init.headers as Record<string, string>) }
    return fetch(url, {
      ...init,
      credentials: 'omit',
      headers: { ...headers, Authorization: `Bearer ${token}` },
    })
  }

  async function open(): Promise<void> {
    await openDevice()
    askBy((digest, copy) =>
      fetch(`${path}/files/${digest}/${copy}`, { credentials: 'omit', cache: 'no-store' }),
    )
    // The name under which it is kept does not tell the secret.
    key = (await sha256(new TextEncoder().encode(token).buffer as ArrayBuffer)).slice(0, 24)
    const kept = await shelf.value.read<Draft>(`draft:link:${key}`)
    if (kept) Object.assign(draft, kept)
    task.value = (await shelf.value.read<LinkTask>(`link:${key}`)) || null
    if (task.value) stand.value = 'open'
    watch(draft, () => void keep())
    await read()
    window.addEventListener('online', () => {
      if (sending.value === 'unsent') void submit()
      else void read()
    })
  }

  function keep(): Promise<void> {
    const plain: unknown = JSON.parse(JSON.stringify(draft))
    return keeping(() => shelf.value.write(`draft:link:${key}`, plain)).catch(() => undefined)
  }

  async function read(): Promise<void> {
    await meetRealm().catch(() => undefined)
    const answer = await send(reach, path, { cache: 'no-store' }, ASK_MS)
    const verdict = isVerdict(answer) ? answer : answer.ok ? null : await judge(answer)
    if (verdict) return told(verdict)
    task.value = (await (answer as Response).json()) as LinkTask
    stand.value = 'open'
    await shelf.value.write(`link:${key}`, task.value).catch(() => undefined)
  }

  /** Writes down an answer that is not the one that was hoped for. */
  async function told(verdict: Verdict<unknown>): Promise<void> {
    if (verdict.kind === 'later') {
      if (!task.value) stand.value = 'away'
      return
    }
    const status = verdict.kind === 'refused' ? verdict.problem.status : 404
    if (status !== 410 && status !== 404) return
    stand.value = status === 410 ? 'ended' : 'unknown'
    task.value = null
    // What it told is not kept any longer than it may be seen.
    await shelf.value.erase(`link:${key}`)
    await shelf.value.erase('picture:')
  }

  /** Sends the photos, each from where it was broken off, and then what was done. */
  async function submit(): Promise<void> {
    if (sending.value === 'sending') return
    sending.value = 'sending'
    problem.value = null
    const verdict = await deliver()
    if (verdict.kind === 'done') {
      Object.assign(draft, { photos: [], text: '', sent: {}, tried: null })
      sending.value = 'sent'
      await read()
      return
    }
    sending.value = verdict.kind === 'refused' ? 'refused' : 'unsent'
    if (verdict.kind === 'refused') problem.value = verdict.problem
    await told(verdict)
  }

  async function deliver(): Promise<Verdict<unknown>> {
    for (const shot of draft.photos.slice()) {
      const verdict = await deliverPhoto(shot)
      if (verdict.kind !== 'done') return verdict
    }
    const photos = draft.photos.map(({ digest, taken_at, taken_in }) => ({
      ...{ digest, taken_at },
      ...(taken_in ? { taken_in } : {}),
    }))
    const said = JSON.stringify({ photos, measure_done: draft.text.trim() })
    if (!draft.tried || draft.tried.said !== said) draft.tried = { id: newId(now()), said }
    await keep()
    const body = JSON.stringify({ id: draft.tried.id, ...(JSON.parse(said) as object) })
    const headers = { 'Content-Type': 'application/json' }
    const asked = { method: 'POST', headers, body }
    const answer = await send(reach, `${path}/submission`, asked, ASK_MS)
    if (isVerdict(answer)) return answer
    if (!answer.ok) return judge(answer)
    const done = (await answer.json().catch(() => null)) as { id?: string } | null
    const isReceipt = !!done && done.id === draft.tried.id
    return isReceipt ? { kind: 'done', value: true } : later('stranger', answer.status)
  }

  async function deliverPhoto(shot: Shot): Promise<Verdict<true>> {
    const { digest } = shot
    if (!draft.sent[digest]) draft.sent[digest] = toSend(shot)
    const mark = draft.sent[digest]!
    const kept = mark.state === 'accepted' ? null : await shelf.value.photo(digest)
    if (!kept)
      return mark.state === 'accepted' ? { kind: 'done', value: true } : later('server')
    const told = { ...mark, bytes: kept.bytes }
    const verdict = await upload(reach, told, async (url, offset) => {
      Object.assign(mark, { url, offset })
      await keep()
    })
    if (verdict.kind === 'done') Object.assign(mark, { state: 'accepted', offset: mark.bytes })
    return verdict
  }

  /** How much of the photos has arrived, in whole percent. */
  const percent = computed(() => {
    const all = draft.photos.reduce((sum, it) => sum + it.bytes, 0)
    const there = draft.photos.reduce((sum, it) => {
      const mark = draft.sent[it.digest]
      return sum + (mark ? mark.offset : 0)
    }, 0)
    return all ? Math.round((100 * there) / all) : 0
  })
  const fault = computed(() => (problem.value ? advice(problem.value) : ''))

  return { task, stand, sending, fault, draft, percent, open, read, submit }
}
