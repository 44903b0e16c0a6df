// Sends a file so that it goes on where it was broken off (tus 1.0).
import { isVerdict, judge, later, send, type Fetch, type Verdict } from './verdict'

/** Bytes of one request: what may be lost at most when the network goes. */
export const PART_BYTES = 256 * 1024
const PART_TIMEOUT_MS = 60_000
const ASK_TIMEOUT_MS = 20_000
const VERSION = { 'Tus-Resumable': '1.0.0' }
const BYTES = { 'Content-Type': 'application/offset+octet-stream' }

/** What is sent, and how far it is. */
export interface Upload {
  digest: string
  bytes: ArrayBuffer
  taken_at: number | null
  taken_in: object | null
  /** Where it goes on; none before it was begun. */
  url: string | null
}

/** Told after each step that must not be forgotten, before the next is made. */
export type Progress = (url: string | null, offset: number) => Promise<void>

/** Sends what is still missing of a file. Done means that the service has all of it. */
export async function upload(
  fetcher: Fetch,
  it: Upload,
  progress: Progress,
): Promise<Verdict<true>> {
  let at = it.url
  let offset: number | null = null
  if (at) {
    const asked = await ask(fetcher, at)
    if (isVerdict(asked)) return asked
    offset = asked.offset
    // The service does not know it any more: from the beginning.
    if (offset === null) at = null
  }
  if (!at) {
    const begun = await begin(fetcher, it)
    if (isVerdict(begun)) return begun
    at = begun.at
    offset = 0
    await progress(at, 0)
  }
  while (offset! < it.bytes.byteLength) {
    const added: Added | Verdict<true> = await add(fetcher, at, it.bytes, offset!)
    if (isVerdict(added)) return added
    if (added.offset === null) {
      await progress(null, 0)
      return later('server', added.status)
    }
    offset = added.offset
    await progress(at, offset)
  }
  return { kind: 'done', value: true }
}

interface Added {
  offset: number | null
  status: number
}

/** How far an upload is; no offset where it is gone. */
async function ask(fetcher: Fetch, at: string): Promise<Added | Verdict<never>> {
  const answer = await send(fetcher, at, { method: 'HEAD', headers: VERSION }, ASK_TIMEOUT_MS)
  if (isVerdict(answer)) return answer
  const { status } = answer
  const offset = offsetIn(answer)
  if (answer.ok && offset !== null) return { offset, status }
  // An answer without the word of the protocol is not the service's.
  if (!answer.headers.get('tus-resumable')) return later('stranger', status)
  if (status === 404 || status === 410 || status === 422) return { offset: null, status }
  return status === 401 ? { kind: 'signed_out' } : later('server', status)
}

async function begin(fetcher: Fetch, it: Upload): Promise<{ at: string } | Verdict<never>> {
  const said = [`sha256 ${base64(it.digest)}`]
  if (it.taken_at !== null) said.push(`taken_at ${base64(String(it.taken_at))}`)
  if (it.taken_in !== null) said.push(`taken_in ${base64(JSON.stringify(it.taken_in))}`)
  const headers = {
    ...VERSION,
    'Upload-Length': String(it.bytes.byteLength),
    'Upload-Metadata': said.join(','),
  }
  const asked = { method: 'POST', headers }
  const answer = await send(fetcher, '/api/v1/uploads', asked, ASK_TIMEOUT_MS)
  if (isVerdict(answer)) return answer
  if (answer.status !== 201) return judge(answer)
  const at = answer.headers.get('location')
  return at ? { at } : later('stranger', answer.status)
}

async function add(
  fetcher: Fetch,
  at: string,
  bytes: ArrayBuffer,
  offset: number,
): Promise<Added | Verdict<never>> {
  const headers = { ...VERSION, ...BYTES, 'Upload-Offset': String(offset) }
  const body = bytes.slice(offset, offset + PART_BYTES)
  const answer = await send(fetcher, at, { method: 'PATCH', headers, body }, PART_TIMEOUT_MS)
  if (isVerdict(answer)) return answer
  const { status } = answer
  if (status === 404 || status === 410) return { offset: null, status }
  // Somebody is at it, or it is elsewhere than we thought: asked again on the next try.
  if (status === 409) return later('busy', status)
  if (!answer.ok) return judge(answer)
  const now = offsetIn(answer)
  return now === null || now <= offset ? later('stranger', status) : { offset: now, status }
}

function offsetIn(answer: Response): number | null {
  const text = answer.headers.get('upload-offset')
  return text !== null && /^\d+$/.test(text) ? Number(text) : null
}

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)))
}
