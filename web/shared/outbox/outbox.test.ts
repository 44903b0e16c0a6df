// Stories of the outbox: what was captured arrives once and whole, whatever the network does.
import 'fake-indexeddb/auto'
import { afterEach, expect, test } from 'vitest'
import { PART_BYTES } from '../upload'
import type { Verdict } from '../verdict'
import type { Schemas } from '../api/client'
import { FakeService, makeItem } from './fake'
import { isLate, LATE_MS, type Item } from './item'
import { Sender, waitMs, type Ground } from './sender'
import { MemoryShelf, openShelf, type Shelf } from './shelf'

let named = 0
let now = 1_000_000
let account: string | null = 'inspector'
let seed = 1
afterEach(() => {
  now = 1_000_000
  account = 'inspector'
  seed = 1
})

const newShelf = () => openShelf(`test-${(named += 1)}`)

/** A generator whose numbers the seed gives back. */
function chance(): number {
  seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
  return seed / 2 ** 31
}

function ground(shelf: Shelf, service: FakeService): Ground {
  return {
    shelf,
    fetcher: service.fetch,
    now: () => now,
    chance,
    account: () => account,
    changed: () => undefined,
    signedOut: () => {
      account = null
    },
  }
}

/** Runs until nothing waits any more, moving the clock. */
async function untilQuiet(sender: Sender, rounds = 400): Promise<void> {
  for (let n = 0; n < rounds; n += 1) {
    await sender.run()
    const due = await sender.dueAt()
    if (due === null) return
    now = Math.max(now, due)
  }
}

const states = async (shelf: Shelf) => (await shelf.items()).map((it) => it.state)

test('a photo and its command arrive, and only then the photo leaves the phone', async () => {
  const shelf = await newShelf()
  expect(shelf.lasting).toBe(true)
  const service = new FakeService()
  const item = await makeItem(shelf, [PART_BYTES * 2 + 5])
  const digest = item.photos[0]!.digest
  service.trouble = (_, url) => (url.endsWith('/commands') ? 'cut' : null)
  const sender = new Sender(ground(shelf, service))
  await sender.run()
  expect(service.files.has(digest)).toBe(true)
  expect(await shelf.photo(digest), 'kept without a receipt').toBeDefined()
  expect((await shelf.items())[0]).toMatchObject({ state: 'waiting', tries: 1 })
  service.trouble = () => null
  await untilQuiet(sender)
  expect((await shelf.items())[0]).toMatchObject({
    state: 'sent',
    receipt: { version: 1, first_seq: 7 },
  })
  expect(await shelf.photo(digest)).toBeUndefined()
  expect(service.patches.length, 'nothing was sent twice').toBe(3)
})

test('an answer that was lost is asked for again under the same id', async () => {
  const shelf = await newShelf()
  const service = new FakeService()
  const item = await makeItem(shelf)
  let first = true
  service.trouble = () => {
    const lost = first
    first = false
    return lost ? 'lost' : null
  }
  const sender = new Sender(ground(shelf, service))
  await untilQuiet(sender)
  expect(await states(shelf)).toEqual(['sent'])
  expect(service.posts).toBe(2)
  expect([...service.commands.keys()]).toEqual([item.id])
})

test('what was cut in the middle of an upload goes on where it was, after a restart', async () => {
  const shelf = await newShelf()
  const service = new FakeService()
  await makeItem(shelf, [PART_BYTES * 3])
  let patches = 0
  service.trouble = (method) => (method === 'PATCH' && (patches += 1) > 2 ? 'cut' : null)
  await new Sender(ground(shelf, service)).run()
  expect((await shelf.items())[0]!.photos[0]!.offset).toBe(PART_BYTES * 2)
  service.trouble = () => null
  now += 1_000_000
  await new Sender(ground(shelf, service)).run()
  expect(await states(shelf)).toEqual(['sent'])
  expect(service.patches.map((it) => it.offset)).toEqual([0, PART_BYTES, PART_BYTES * 2])
  expect(service.uploads.size).toBe(1)
})

test('an upload that the service forgot begins anew', async () => {
  const shelf = await newShelf()
  const service = new FakeService()
  await makeItem(shelf, [PART_BYTES * 2])
  let patches = 0
  service.trouble = (method) => (method === 'PATCH' && (patches += 1) > 1 ? 'cut' : null)
  const sender = new Sender(ground(shelf, service))
  await sender.run()
  service.uploads.clear()
  service.trouble = () => null
  await untilQuiet(sender)
  expect(await states(shelf)).toEqual(['sent'])
})

test('a refusal becomes work for a person and holds up only its own matter', async () => {
  const shelf = await newShelf()
  const service = new FakeService()
  const first = await makeItem(shelf)
  const second = await makeItem(shelf, [], first.matter)
  const other = await makeItem(shelf)
  const refusal = { code: 'stale', status: 409, title: 'look again', title_zh: '请重新查看' }
  const fetcher = service.fetch
  const sender = new Sender({
    ...ground(shelf, service),
    fetcher: async (url, init) => {
      const isFirst = String(init.body).includes(first.id)
      service.trouble = () => (isFirst ? { status: 409, body: refusal } : null)
      return fetcher(url, init)
    },
  })
  await sender.run()
  const items = await shelf.items()
  expect(items.map((it) => it.state)).toEqual(['refused', 'waiting', 'sent'])
  expect(items[0]!.problem).toMatchObject(refusal)
  expect(service.order).toEqual([other.id])
  expect(second.id > first.id).toBe(true)
  await shelf.remove([first.id])
  await sender.run()
  expect(service.order).toEqual([other.id, second.id])
})

test('a service that fails, is busy or is no service of ours is tried again', async () => {
  const gateway = { status: 403, body: { hotel: 'please pay' } }
  const troubles = [
    { status: 500 },
    { status: 503, body: { code: 'outcome_unknown' }, headers: { 'retry-after': '7' } },
    { status: 429 },
    gateway,
    { status: 200, body: { hotel: 'welcome' } },
  ]
  for (const trouble of troubles) {
    const shelf = await newShelf()
    const service = new FakeService()
    await makeItem(shelf)
    service.trouble = () => trouble
    const sender = new Sender(ground(shelf, service))
    await sender.run()
    const item = (await shelf.items())[0]!
    expect(item.state, JSON.stringify(trouble)).toBe('waiting')
    expect(item.next_try_at).toBeGreaterThan(now)
    if (trouble.status === 503) expect(item.next_try_at).toBe(now + 7_000)
    service.trouble = () => null
    await untilQuiet(sender)
    expect(await states(shelf)).toEqual(['sent'])
  }
})

test('signed out, everything is kept until the same person is back', async () => {
  const shelf = await newShelf()
  const service = new FakeService()
  await makeItem(shelf, [10])
  service.signedIn = false
  const sender = new Sender(ground(shelf, service))
  await sender.run()
  expect(account).toBeNull()
  expect((await shelf.items())[0]).toMatchObject({ state: 'waiting', problem: null })
  service.signedIn = true
  account = 'somebody-else'
  await sender.hurry()
  expect(service.order, 'another does not send it').toEqual([])
  account = 'inspector'
  await sender.hurry()
  expect(await states(shelf)).toEqual(['sent'])
})

test('two pages at once send everything once', async () => {
  const shelf = await newShelf()
  const service = new FakeService()
  for (let n = 0; n < 5; n += 1) await makeItem(shelf, [PART_BYTES + 1])
  const pages = [1, 2].map(() => new Sender(ground(shelf, service)))
  await Promise.all(pages.map((it) => it.run()))
  await untilQuiet(pages[0]!)
  expect(await states(shelf)).toEqual(Array(5).fill('sent'))
  expect(service.commands.size).toBe(5)
})

test('a shelf in memory sends as well, and says that it does not last', async () => {
  const shelf = new MemoryShelf()
  const service = new FakeService()
  await makeItem(shelf, [PART_BYTES + 9])
  await untilQuiet(new Sender(ground(shelf, service)))
  expect(shelf.lasting).toBe(false)
  expect(await states(shelf)).toEqual(['sent'])
})

test('waits grow, differ and end at five minutes; a day unsent is late', async () => {
  expect(waitMs(0, 1)).toBe(2_000)
  expect(waitMs(3, 0)).toBe(8_000)
  expect(waitMs(50, 1)).toBe(300_000)
  const item = await makeItem(new MemoryShelf())
  expect(isLate(item, LATE_MS)).toBe(false)
  expect(isLate(item, LATE_MS + 1)).toBe(true)
})

/** Forgets an item once its words are on their way: what this outbox must never do. */
class EarlySender extends Sender {
  protected override async deliver(item: Item): Promise<Verdict<Schemas['CommandDone']>> {
    await super.deliver(item)
    const { matter } = item
    return { kind: 'done', value: { matter, version: 0, replayed: false } }
  }
}

/** Whether 50 reports with 120 photos arrive over a network that fails as the seed says. */
async function allArrive(sends: typeof Sender): Promise<boolean> {
  const shelf = new MemoryShelf()
  const service = new FakeService()
  const ids: string[] = []
  const digests: string[] = []
  for (let n = 0; n < 50; n += 1) {
    const item = await makeItem(shelf, n < 20 ? [3_000, 3_000, 900] : [2_000, 10])
    ids.push(item.id)
    digests.push(...item.photos.map((it) => it.digest))
  }
  service.trouble = () => {
    const it = chance()
    if (it < 0.1) return 'cut'
    if (it < 0.2) return 'lost'
    if (it < 0.25) return { status: 500 }
    return it < 0.3 ? { status: 503, headers: { 'retry-after': '1' } } : null
  }
  await untilQuiet(new sends(ground(shelf, service)), 3_000)
  const arrived = ids.every((it) => service.commands.has(it))
  return arrived && digests.every((it) => service.files.has(it))
}

test('fifty reports and 120 photos arrive over a bad network', async () => {
  expect(await allArrive(Sender)).toBe(true)
})

test('a sender that drops early is found out', async () => {
  expect(await allArrive(EarlySender)).toBe(false)
})
