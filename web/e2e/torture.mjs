// Tortures the outbox of the field app: whatever the network, the page, the disk or the service do,
// each report arrives once, with every photo's digest. `node e2e/torture.mjs --seed 7 [--full]`.
// The control drops each item as soon as its request is sent, and must lose something.
import { createHash } from 'node:crypto'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { ownBrowser, Person } from './browser.mjs'
import { chances } from './chance.mjs'
import { Gate, problem } from './gate.mjs'
import { photo } from './photo.mjs'
import { scratch, Town } from './town.mjs'

const WHO = 'inspector-v01-1'
const SHORT = { reports: 4, photos: 9 }
const FULL = { reports: 50, photos: 120 }
/** So long may nothing become less before it is held to be stuck. */
const STUCK_MS = 60_000
/** Says in a page that its disk is nearly full. */
const FULL_KEY = 'story.full'
/** How often something befalls a phone between two reports. */
const BEFALLS = 2
const THINGS = ['offline', 'online', 'reload', 'kill', 'full', 'roomy']
/** What is left of the outbox when the network becomes good again. */
const BAD_SHARE = 0.6
/** What becomes of what is sent, while the network is bad. */
const WAYS = [
  ...['pass', 'pass', 'cut', 'lost', 'half'],
  ...['slow', 'server', 'busy', 'out', 'stale'],
]

/** What is left of an outbox that drops an item as soon as its request is on its way. */
function dropEarly() {
  const asked = window.fetch
  window.fetch = (where, init) => {
    const going = asked(where, init)
    if (!String(where).endsWith('/api/v1/commands')) return going
    const { id } = JSON.parse(init.body)
    const opened = indexedDB.open('bihuan-field')
    opened.onsuccess = () =>
      opened.result.transaction('items', 'readwrite').objectStore('items').delete(id)
    return going
  }
}

/**
 * A disk that is nearly full: small things find room, photos do not. Chromium's own way to lower a
 * quota does not reach the transactions of IndexedDB.
 */
function beFull(key) {
  const put = IDBObjectStore.prototype.put
  IDBObjectStore.prototype.put = function (value, ...more) {
    if (value && value.bytes && value.digest && localStorage.getItem(key) === 'true')
      throw new DOMException('the disk is full', 'QuotaExceededError')
    return put.call(this, value, ...more)
  }
}

/** Everything in the outbox of a page. */
export const kept = (page) =>
  page.evaluate(
    () =>
      new Promise((done, fail) => {
        const opened = indexedDB.open('bihuan-field')
        opened.onerror = () => fail(opened.error)
        opened.onsuccess = () => {
          const all = opened.result.transaction('items').objectStore('items').getAll()
          all.onsuccess = () => done(all.result)
        }
      }),
  )

/** Taps what may be gone before it is reached; tells whether it was there. */
const tapped = (it) =>
  it.click({ timeout: 500 }).then(
    () => true,
    () => false,
  )

class Torture {
  constructor({ seed, reports, photos, worker = true, control = false }) {
    Object.assign(this, { seed, reports, photos, worker, control })
    this.chance = chances(seed)
    /** Digests by matter, as they were handed over. */
    this.wanted = new Map()
    this.seenCommands = new Set()
    this.did = { offline: 0, reloads: 0, kills: 0, full: 0, coarser: 0, resent: 0, signedIn: 0 }
    this.bags = { things: [], ways: [] }
    this.isOffline = false
    this.isBad = false
  }

  async open(town, browser) {
    this.gate = await Gate.open(town.base)
    this.gate.decide = (asked, body) => this.decide(asked, body)
    const context = this.worker ? {} : { serviceWorkers: 'block' }
    this.person = await Person.phone(browser, { base: this.gate.base }, WHO, { context })
    await this.person.context.addInitScript(beFull, FULL_KEY)
    if (this.control) await this.person.context.addInitScript(dropEarly)
    await this.person.signIn()
    await this.person.open()
    await this.person.at('shutter-file').waitFor({ state: 'attached' })
    if (this.worker) await this.page.evaluate(() => navigator.serviceWorker.ready.then(() => 1))
  }

  get page() {
    return this.person.page
  }

  /** What the network does to a request. */
  decide(asked, body) {
    if (!this.isBad || !asked.url.startsWith('/api/')) return 'pass'
    const isCommand = asked.method === 'POST' && asked.url === '/api/v1/commands'
    const isUpload = asked.url.startsWith('/api/v1/uploads')
    if (this.control) return isCommand ? 'cut' : 'pass'
    if (!isCommand && !isUpload) return this.chance.percent(10) ? 'cut' : 'pass'
    const id = isCommand ? JSON.parse(body).id : ''
    // A service that has done a thing never refuses to say so again.
    const isNew = isCommand && !this.seenCommands.has(id)
    const drawn = this.draw('ways', WAYS)
    const way = drawn === 'stale' && !isNew ? 'pass' : drawn
    if (way === 'server') return problem(500, 'internal')
    if (way === 'busy') return problem(503, 'busy')
    if (way === 'out') return problem(401, 'signed_out')
    if (way === 'stale') return problem(409, 'stale')
    if (isCommand && way !== 'cut') this.seenCommands.add(id)
    return way
  }

  /** Draws from a bag: each of all before any comes again. */
  draw(name, all) {
    const bag = this.bags[name]
    if (bag.length === 0) bag.push(...all)
    return bag.splice(this.chance.below(bag.length), 1)[0]
  }

  /** One thing that befalls a phone. */
  async befall() {
    const thing = this.draw('things', THINGS)
    if (thing === 'offline') await this.setOffline(true)
    if (thing === 'online') await this.setOffline(false)
    // Without a service worker a page that is closed comes back only with a network.
    const comesBack = this.worker || !this.isOffline
    if (thing === 'reload' && comesBack) await this.reload()
    if (thing === 'kill' && comesBack) await this.kill()
    if (thing === 'full') await this.setRoom(true)
    if (thing === 'roomy') await this.setRoom(false)
  }

  async setOffline(it) {
    if (it && !this.isOffline) this.did.offline += 1
    this.isOffline = it
    await this.person.context.setOffline(it)
  }

  async reload() {
    this.did.reloads += 1
    await this.page.reload()
  }

  /** The page dies as it stands, and is opened again. */
  async kill() {
    this.did.kills += 1
    const dead = this.page
    const session = await this.person.context.newCDPSession(dead)
    void session.send('Page.crash').catch(() => undefined)
    await dead.waitForEvent('crash').catch(() => undefined)
    this.person.page = await this.person.context.newPage()
    this.person.watch(this.person.page)
    await dead.close()
    await this.page.goto(`${this.gate.base}/field/`)
  }

  /** Leaves no room for another photo, or as much as before. */
  async setRoom(isFull) {
    if (isFull) this.did.full += 1
    await this.page.evaluate(
      ([key, it]) => localStorage.setItem(key, it),
      [FULL_KEY, `${isFull}`],
    )
  }

  /** A person reports something, and does what the app asks for. */
  async report(count) {
    const { page, person } = this
    await person.at('shutter-file').waitFor({ state: 'attached' })
    const before = await person.at('photo').count()
    const at = Date.now()
    const shots = []
    for (let n = 0; n < count; n += 1) {
      const seed = this.seed * 10_000 + this.made++
      shots.push(
        await photo(page, { seed, at, lon: 113.009, lat: 34.919, width: 800, height: 600 }),
      )
    }
    await person.at('shutter-file').setInputFiles(shots)
    const photos = person.at('photo')
    const coarser = person.at('coarser')
    for (let n = 0; (await photos.count()) < before + count; n += 1) {
      if (n > 100) throw new Error('the photos were not kept')
      if (await coarser.isVisible()) {
        // Whoever reads that there is no room makes some.
        await this.setRoom(false)
        await coarser.click()
        this.did.coarser += 1
      }
      await page.waitForTimeout(100)
    }
    await page.locator('[data-test^="class-0"]').first().click()
    await person.at('submit-report').click()
    await person.at('handed').waitFor()
    await this.note(count)
  }

  /** Writes down what was handed over, as the outbox has it. */
  async note(count) {
    for (const item of await kept(this.page)) {
      if (this.wanted.has(item.matter)) continue
      const digests = item.photos.map((it) => it.digest)
      if (digests.length !== count) throw new Error(`${digests.length} of ${count} photos`)
      this.wanted.set(item.matter, digests)
    }
  }

  /** How many photos each report has, so that they are as many as wanted in all. */
  shares() {
    const shares = Array(this.reports).fill(1)
    for (let left = this.photos - this.reports; left > 0; left -= 1)
      shares[this.chance.below(this.reports)] += 1
    return shares
  }

  async live() {
    this.made = 0
    this.isBad = true
    for (const count of this.shares()) {
      for (let n = 0; n < BEFALLS && !this.control; n += 1) await this.befall()
      await this.report(count)
    }
    await this.setRoom(false)
    await this.setOffline(false)
    await this.page.goto(`${this.gate.base}/field/outbox`)
    await this.drain(Math.ceil(this.reports * BAD_SHARE))
    this.isBad = false
    await this.drain(0)
  }

  /** Looks after the outbox as a person does, until so much is left. */
  async drain(most) {
    let moved = Date.now()
    let last = Infinity
    for (;;) {
      const left = (await kept(this.page)).filter((it) => it.state !== 'sent')
      if (left.length <= most) return
      if (left.length < last) moved = Date.now()
      last = left.length
      if (Date.now() - moved > STUCK_MS) {
        const said = left.map(({ state, tries, problem }) => ({ state, tries, problem }))
        throw new Error(`the outbox does not get empty: ${JSON.stringify(said)}`)
      }
      await this.lookAfter()
      await this.page.waitForTimeout(200)
    }
  }

  async lookAfter() {
    const resend = this.person.at('resend').first()
    if (await resend.isVisible()) this.did.resent += Number(await tapped(resend))
    else if (await this.person.at('sign-in-again').isVisible()) {
      // The session is there: the service only said that it was not.
      this.did.signedIn += 1
      await this.page.reload()
    } else await tapped(this.person.at('send-now'))
  }

  async close() {
    await this.person.context.close()
    await this.gate.close()
  }
}

/** What of the reports is not at the service as it was handed over, in words. */
async function missing(town, token, wanted) {
  const faults = []
  for (const [matter, digests] of wanted) {
    const told = await town.ask(token, 'GET', `/api/v1/matters/${matter}/files`)
    if (told.status !== 200) {
      faults.push(`${matter}: ${told.status}`)
      continue
    }
    const arrived = told.body.files
      .filter((it) => it.state === 'arrived')
      .map((it) => it.digest)
    if (String(arrived.sort()) !== String([...digests].sort()))
      faults.push(`${matter}: ${arrived.length} of ${digests.length} photos`)
    for (const digest of arrived) {
      const headers = { authorization: `Bearer ${token}` }
      const url = `${town.base}/api/v1/files/${digest}/original`
      const bytes = Buffer.from(await (await fetch(url, { headers })).arrayBuffer())
      const own = createHash('sha256').update(bytes).digest('hex')
      if (own !== digest) faults.push(`${matter}: photo ${digest} has other bytes`)
    }
  }
  return faults
}

const count = async (town, token) => (await town.ask(token, 'GET', '/api/v1/counts')).body.total

/** One campaign; tells what was lost, and what came twice. */
export async function campaign(options) {
  const [town, browser] = [await Town.open(), ownBrowser(scratch('phone'))]
  const torture = new Torture(options)
  try {
    const token = await town.token(WHO)
    const before = await count(town, token)
    await torture.open(town, browser)
    await torture.live()
    const lost = await missing(town, token, torture.wanted)
    const came = (await count(town, token)) - before
    const photos = [...torture.wanted.values()].flat().length
    return {
      lost,
      came,
      reports: torture.wanted.size,
      photos,
      did: torture.did,
      faults: torture.person.faults,
      network: torture.gate.counted,
    }
  } finally {
    await torture.close().catch(() => undefined)
    await browser.close()
    await town.stop()
  }
}

export { SHORT, FULL }

async function main() {
  const { values } = parseArgs({
    options: { seed: { type: 'string', default: '20210416' }, full: { type: 'boolean' } },
  })
  const seed = Number(values.seed)
  const size = values.full ? FULL : SHORT
  let sound = true
  for (const worker of [true, false]) {
    const started = Date.now()
    const told = await campaign({ seed, worker, ...size })
    const isWhole = told.lost.length === 0 && told.came === told.reports
    const isAsked = told.reports === size.reports && told.photos === size.photos
    sound &&= isWhole && isAsked && told.faults.length === 0
    const seconds = Math.round((Date.now() - started) / 1000)
    console.log(
      JSON.stringify({ campaign: worker ? 'worker' : 'no worker', seed, seconds, ...told }),
    )
  }
  const control = await campaign({ seed, control: true, ...SHORT })
  console.log(JSON.stringify({ campaign: 'control', lost: control.lost.length }))
  sound &&= control.lost.length > 0
  console.log(`torture browser: seed ${seed}: ${sound ? 'passed' : 'FAILED'}`)
  process.exitCode = sound ? 0 : 1
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main()
