// Sends what waits, each with the same id and the same words until the service's receipt.
//
// Invariants: nothing is dropped before a receipt for the command and the whole of every photo;
// commands of one matter keep their order; nobody sends what somebody else made.
import type { CommandInput, Schemas } from '../api/client'
import { upload } from '../upload'
import { isVerdict, judge, later, send, type Fetch, type Verdict } from '../verdict'
import { goesFirst, type Item, type PhotoSent } from './item'
import type { Shelf } from './shelf'

type Done = Schemas['CommandDone']

const COMMAND_TIMEOUT_MS = 30_000
const WAIT_MIN_MS = 2_000
const WAIT_MAX_MS = 5 * 60_000
/** How many sent items are remembered, for the person's own history. */
const HISTORY_MAX = 200

/** What a sender stands on; a test brings its own. */
export interface Ground {
  shelf: Shelf
  fetcher: Fetch
  now: () => number
  /** 0 to 1. */
  chance: () => number
  /** Whose items are sent; none while nobody is signed in. */
  account: () => string | null
  /** Told after each change of what is kept. */
  changed: (current: string | null) => void
  signedOut: () => void
}

/** How long until the next try: twice as long each time, and never all at once. */
export function waitMs(tries: number, chance: number): number {
  const most = Math.min(WAIT_MAX_MS, WAIT_MIN_MS * 2 ** Math.min(tries, 10))
  return Math.round(most * (0.5 + chance / 2))
}

export class Sender {
  protected readonly ground: Ground
  #pausedUntil = 0
  #faults = 0
  #running: Promise<void> | null = null
  #again = false

  constructor(ground: Ground) {
    this.ground = ground
  }

  /** Sends what is due. While a round runs, another follows it. */
  async run(): Promise<void> {
    if (this.#running) {
      this.#again = true
      return this.#running
    }
    this.#running = this.#rounds()
    try {
      await this.#running
    } finally {
      this.#running = null
    }
  }

  /** Forgets every wait: the network is back, or a person asked. */
  async hurry(): Promise<void> {
    this.#pausedUntil = 0
    for (const it of await this.ground.shelf.items()) {
      if (it.state !== 'waiting' || it.next_try_at === 0) continue
      await this.ground.shelf.change(it.id, (item) => {
        item.next_try_at = 0
      })
    }
    await this.run()
  }

  /** When something is due next, by the clock of the device; none where nothing waits. */
  async dueAt(): Promise<number | null> {
    const own = (await this.ground.shelf.items()).filter(
      (it) => it.state === 'waiting' && it.account === this.ground.account(),
    )
    if (own.length === 0) return null
    return Math.max(this.#pausedUntil, Math.min(...own.map((it) => it.next_try_at)))
  }

  async #rounds(): Promise<void> {
    do {
      this.#again = false
      await this.#alone(() => this.#round())
    } while (this.#again)
  }

  /** One page of this browser sends at a time, where the browser can arrange it. */
  async #alone(work: () => Promise<void>): Promise<void> {
    const locks = typeof navigator === 'undefined' ? undefined : navigator.locks
    if (!locks) return work()
    await locks.request('bihuan.outbox', { ifAvailable: true }, async (lock) => {
      if (lock) await work()
    })
  }

  async #round(): Promise<void> {
    const tried = new Set<string>()
    for (;;) {
      const account = this.ground.account()
      const now = this.ground.now()
      if (!account || now < this.#pausedUntil) return
      const all = await this.ground.shelf.items()
      const next = all.find(
        (it) =>
          it.state === 'waiting' &&
          it.account === account &&
          isDue(it, now) &&
          !tried.has(it.id) &&
          !goesFirst(it, all),
      )
      if (!next) return
      tried.add(next.id)
      this.ground.changed(next.id)
      const goesOn = await this.settle(next, await this.deliver(next))
      this.ground.changed(null)
      if (!goesOn) return
    }
  }

  /** The photos first, then the command. */
  protected async deliver(item: Item): Promise<Verdict<Done>> {
    for (const photo of item.photos) {
      if (photo.state === 'accepted') continue
      const sent = await this.#photo(item, photo)
      if (sent.kind !== 'done') return sent
    }
    return this.#command(item.body)
  }

  async #photo(item: Item, photo: PhotoSent): Promise<Verdict<true>> {
    const { shelf, fetcher } = this.ground
    const kept = await shelf.photo(photo.digest)
    if (!kept) return lost(photo)
    const mark = (change: (it: PhotoSent) => void) =>
      shelf.change(item.id, (it) => it.photos.filter(isSame(photo)).forEach(change))
    const told = { ...photo, bytes: kept.bytes }
    const verdict = await upload(fetcher, told, async (url, offset) => {
      await mark((it) => {
        it.url = url
        it.offset = offset
      })
      this.ground.changed(item.id)
    })
    if (verdict.kind === 'done') {
      await mark((it) => {
        it.state = 'accepted'
        it.offset = it.bytes
      })
      this.ground.changed(item.id)
    }
    return verdict
  }

  async #command(body: CommandInput): Promise<Verdict<Done>> {
    const init = {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    }
    const { fetcher } = this.ground
    const answer = await send(fetcher, '/api/v1/commands', init, COMMAND_TIMEOUT_MS)
    if (isVerdict(answer)) return answer
    if (!answer.ok) return judge(answer)
    const done = (await answer.json().catch(() => null)) as Partial<Done> | null
    // A page of a hotel's network answers 200 as well; only the matter's own name is a receipt.
    const isReceipt = done?.matter === body.matter && typeof done.version === 'number'
    return isReceipt ? { kind: 'done', value: done as Done } : later('stranger', answer.status)
  }

  /** Writes down what came of a try; tells whether the next item may be tried now. */
  protected async settle(item: Item, verdict: Verdict<Done>): Promise<boolean> {
    const { shelf } = this.ground
    const now = this.ground.now()
    if (verdict.kind === 'done') {
      this.#faults = 0
      await shelf.change(item.id, (it) => received(it, verdict.value, now))
      await tidy(shelf)
      return true
    }
    if (verdict.kind === 'refused') {
      await shelf.change(item.id, (it) => {
        it.state = 'refused'
        it.problem = verdict.problem
        it.tries += 1
      })
      return true
    }
    const isOut = verdict.kind === 'signed_out'
    const waits = isOut ? 0 : (verdict.afterMs ?? waitMs(item.tries, this.ground.chance()))
    await shelf.change(item.id, (it) => {
      it.tries += 1
      it.next_try_at = now + waits
      it.last = isOut
        ? { fault: 'signed_out', status: 401, at: now }
        : { fault: verdict.fault, status: verdict.status, at: now }
    })
    if (isOut) {
      this.ground.signedOut()
      return false
    }
    // One item that the service stumbles over does not hold up the others; no network does.
    if (verdict.fault === 'server') return true
    const pause = verdict.afterMs ?? waitMs(this.#faults, this.ground.chance())
    this.#faults += 1
    this.#pausedUntil = now + pause
    return false
  }
}

function received(item: Item, done: Done, now: number): void {
  item.state = 'sent'
  item.receipt = { version: done.version, first_seq: done.receipt?.first_seq ?? null }
  item.sent_at = now
  item.last = null
  item.problem = null
}

const isSame = (photo: PhotoSent) => (it: PhotoSent) =>
  it.digest === photo.digest && it.slot === photo.slot

/** Whether an item may be tried; a clock that was set back does not hold it up for long. */
const isDue = (item: Item, now: number) =>
  item.next_try_at <= now || item.next_try_at > now + 2 * WAIT_MAX_MS

/** The bytes are gone from this device, by the hand of the browser or of a person. */
function lost(photo: PhotoSent): Verdict<never> {
  const short = photo.digest.slice(0, 8)
  return {
    kind: 'refused',
    problem: {
      code: 'photo_lost',
      status: 0,
      title: `this device no longer has photo ${short}; take it again, then send anew`,
      title_zh: `本机已没有照片 ${short}，请重新拍摄后再发`,
    },
  }
}

/** Lets go of what has its receipt: photos that nothing else names, and the oldest history. */
export async function tidy(shelf: Shelf): Promise<void> {
  const all = await shelf.items()
  const old = all.filter((it) => it.state === 'sent')
  const wanted = new Set<string>()
  for (const it of all) {
    if (it.state !== 'sent') for (const photo of it.photos) wanted.add(photo.digest)
  }
  for (const key of await shelf.keys('draft:')) {
    const draft = await shelf.read<{ photos?: { digest: string }[] }>(key)
    for (const photo of draft?.photos ?? []) wanted.add(photo.digest)
  }
  const done = new Set<string>()
  for (const it of old) for (const photo of it.photos) done.add(photo.digest)
  await shelf.dropPhotos([...done].filter((it) => !wanted.has(it)))
  const over = old.length - HISTORY_MAX
  if (over > 0) await shelf.remove(old.slice(0, over).map((it) => it.id))
}
