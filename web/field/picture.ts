// Photos of matters, kept on the phone so that a before-photo is there without a network.
import { shelf } from './device'

export type Copy = 'small' | 'large'
/** Why a photo cannot be shown. */
export type NoPicture = 'waiting' | 'offline' | 'gone'

interface KeptPicture {
  media: string
  bytes: ArrayBuffer
}

/** How many copies are kept. */
const KEPT_MAX = 80
const urls = new Map<string, string>()

function show(key: string, bytes: ArrayBuffer, media: string): string {
  const url = URL.createObjectURL(new Blob([bytes], { type: media }))
  urls.set(key, url)
  return url
}

/** Where a photo can be shown from, or why not. */
export async function picture(
  digest: string,
  copy: Copy,
): Promise<{ url: string } | { why: NoPicture }> {
  const key = `picture:${copy}:${digest}`
  const open = urls.get(key)
  if (open) return { url: open }
  const own = await shelf.value.photo(digest)
  if (own) return { url: show(key, own.bytes, own.media) }
  const kept = await shelf.value.read<KeptPicture>(key)
  if (kept) return { url: show(key, kept.bytes, kept.media) }
  const read = await fetched(digest, copy)
  if ('why' in read) return read
  void keep(key, read)
  return { url: show(key, read.bytes, read.media) }
}

/** How the service is asked for a copy. */
type Ask = (digest: string, copy: Copy) => Promise<Response>
let ask: Ask = (digest, copy) =>
  fetch(`/api/v1/files/${digest}/${copy}`, { credentials: 'same-origin' })

/** Asks in another way: a page that nobody is signed in to has one of its own. */
export function askBy(way: Ask): void {
  ask = way
}

async function fetched(digest: string, copy: Copy): Promise<KeptPicture | { why: NoPicture }> {
  let answer: Response
  try {
    answer = await ask(digest, copy)
  } catch {
    return { why: 'offline' }
  }
  if (!answer.ok) return { why: answer.status === 404 ? 'waiting' : 'gone' }
  const media = answer.headers.get('content-type') || 'image/jpeg'
  return { media, bytes: await answer.arrayBuffer() }
}

async function keep(key: string, it: KeptPicture): Promise<void> {
  try {
    const keys = await shelf.value.keys('picture:')
    for (const old of keys.slice(0, Math.max(0, keys.length + 1 - KEPT_MAX)))
      await shelf.value.erase(old)
    await shelf.value.write(key, it)
  } catch {
    // A copy is only a convenience; what is to be sent has the room.
  }
}
