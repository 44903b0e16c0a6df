// A service for tests: takes uploads and commands as the real one does, and fails as it is told.
import { sha256 } from '../digest'
import { newId } from '../id'
import type { Item } from './item'
import type { Shelf } from './shelf'

interface Upload {
  digest: string
  length: number
  bytes: Uint8Array
}

/** What happens instead of an answer; `lost` does the work and loses the answer. */
export type Trouble = 'cut' | 'lost' | { status: number; body?: object; headers?: HeadersInit }

export class FakeService {
  readonly uploads = new Map<string, Upload>()
  readonly files = new Set<string>()
  /** Bodies by command id, and how often each was sent. */
  readonly commands = new Map<string, string>()
  readonly order: string[] = []
  readonly patches: { at: string; offset: number; bytes: number }[] = []
  posts = 0
  signedIn = true
  /** Asked before each request; what it tells happens. */
  trouble: (method: string, url: string) => Trouble | null = () => null

  readonly fetch = async (url: string, init: RequestInit): Promise<Response> => {
    const method = init.method ?? 'GET'
    const trouble = this.trouble(method, url)
    if (trouble === 'cut') throw new TypeError('failed to fetch')
    if (trouble && trouble !== 'lost')
      return told(trouble.status, trouble.body, trouble.headers)
    const answer = this.signedIn
      ? await this.#answer(method, url, init)
      : problem(401, 'signed_out')
    if (trouble === 'lost') throw new TypeError('failed to fetch')
    return answer
  }

  async #answer(method: string, url: string, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers)
    if (url === '/api/v1/commands') return this.#command(JSON.parse(String(init.body)))
    if (url === '/api/v1/uploads') return this.#begin(headers)
    const upload = this.uploads.get(url)
    if (!upload) return problem(404, 'not_found', { 'tus-resumable': '1.0.0' })
    if (method === 'PATCH') await this.#add(url, upload, headers, init.body as ArrayBuffer)
    return new Response(null, {
      status: method === 'PATCH' ? 204 : 200,
      headers: { 'tus-resumable': '1.0.0', 'upload-offset': String(upload.bytes.length) },
    })
  }

  #begin(headers: Headers): Response {
    const said = headers.get('upload-metadata') ?? ''
    const digest = atob(/sha256 ([^,]+)/.exec(said)?.[1] ?? '')
    const at = `/api/v1/uploads/${this.uploads.size}`
    const length = Number(headers.get('upload-length'))
    this.uploads.set(at, { digest, length, bytes: new Uint8Array() })
    return new Response(null, { status: 201, headers: { location: at } })
  }

  async #add(at: string, upload: Upload, headers: Headers, body: ArrayBuffer): Promise<void> {
    const offset = Number(headers.get('upload-offset'))
    if (offset !== upload.bytes.length) throw new Error('a wrong offset')
    const whole = new Uint8Array(offset + body.byteLength)
    whole.set(upload.bytes)
    whole.set(new Uint8Array(body), offset)
    upload.bytes = whole
    this.patches.push({ at, offset, bytes: body.byteLength })
    if (whole.length < upload.length) return
    if ((await sha256(whole)) !== upload.digest) throw new Error('a wrong digest')
    this.files.add(upload.digest)
  }

  #command(body: { id: string; matter: string }): Response {
    this.posts += 1
    const text = JSON.stringify(body)
    const known = this.commands.get(body.id)
    if (known !== undefined && known !== text) return problem(409, 'conflict')
    if (known === undefined) this.order.push(body.id)
    this.commands.set(body.id, text)
    const receipt = { first_seq: 7, last_seq: 7 }
    return told(200, { matter: body.matter, version: 1, replayed: !!known, receipt })
  }
}

function told(status: number, body: object = {}, headers: HeadersInit = {}): Response {
  return new Response(JSON.stringify(body), { status, headers })
}

export function problem(status: number, code: string, headers: HeadersInit = {}): Response {
  return told(status, { status, code, title: 'do this', title_zh: '请这样做' }, headers)
}

/** Puts an item with photos of so many bytes on a shelf. */
export async function makeItem(
  shelf: Shelf,
  photoBytes: number[] = [],
  matter = newId(),
): Promise<Item> {
  const photos: Item['photos'] = []
  for (const [n, size] of photoBytes.entries()) {
    const bytes = crypto.getRandomValues(new Uint8Array(Math.min(size, 65_536)))
    const whole = new Uint8Array(size)
    whole.set(bytes)
    const digest = await sha256(whole)
    await shelf.keepPhoto({ digest, media: 'image/jpeg', bytes: whole.buffer, kept_at: 0 })
    photos.push({
      digest,
      slot: n === 0 ? 'before' : 'after',
      bytes: size,
      taken_at: 1_618_448_624_288,
      taken_in: null,
      url: null,
      offset: 0,
      state: 'waiting',
    })
  }
  const id = newId()
  const item: Item = {
    id,
    matter,
    body: { id, matter, command: { note: { text: id } } },
    photos,
    account: 'inspector',
    act: { zh: '上报', en: 'Report' },
    about: { pack: 'sanitation', class: null, where: null },
    made_at: 0,
    state: 'waiting',
    tries: 0,
    next_try_at: 0,
    last: null,
    problem: null,
    receipt: null,
    sent_at: null,
  }
  await shelf.add([item])
  return item
}
