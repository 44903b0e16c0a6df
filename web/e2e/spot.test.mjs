// Mended on the spot. The responsible person mends while somebody of another party looks on, and it
// is cleared; the village's own inspector looks on, and it waits for another party; or whoever
// reports mends it alone, which is no acceptance. All of it begins without a network.
import { after, afterEach, before, test } from 'node:test'
import assert from 'node:assert/strict'
import { launch, Person, PLACE } from './browser.mjs'
import { photo } from './photo.mjs'
import { picture } from './picture.mjs'
import { tell } from './taps.mjs'
import { kept } from './torture.mjs'
import { Town } from './town.mjs'

/** Employed by the town's squad, at work in the village: another party than the village. */
const OTHER = 'inspector-squad-3'
/** Employed by the village: the same party as the village. */
const OWN = 'inspector-v01-1'

let town
let browser
let person
let made = 0
before(async () => {
  ;[town, browser] = await Promise.all([Town.open(), launch()])
})
afterEach(() => person?.context.close())
after(async () => {
  await browser?.close()
  await town?.stop()
})

const shot = (heap) => {
  made += 1
  const size = { width: 800, height: 600, grain: 0 }
  return photo(person.page, { seed: made, scene: 7, heap, at: Date.now(), ...PLACE, ...size })
}

/** Stands before a heap with the rules on the phone and no network, and takes the first photo. */
async function begin(account) {
  person = await Person.phone(browser, town, account)
  await person.signIn()
  await person.open()
  await person.at('here').locator('b').waitFor()
  await person.page.evaluate(() => navigator.serviceWorker.ready.then(() => 1))
  await person.context.setOffline(true)
  await person.at('shutter-file').setInputFiles(await shot(true))
  await person.at('photo').first().waitFor()
  await person.tap(person.page.locator('[data-test^="class-0"]').first())
  await person.at('place-known').waitFor()
}

/** It is mended: the second photo, and what comes after it, counted. */
async function mended(kind) {
  await person.tap(kind)
  await person.at('spot').waitFor()
  assert.equal(await person.at('submit-report').isEnabled(), false, 'a second photo is missing')
  await person.at('photo-file-after').setInputFiles(await shot(false))
  await person.at('photo').nth(1).waitFor()
  const did = person.count()
  await picture(person, kind)
  await person.page.locator('[data-test=submit-report]:enabled').waitFor()
  await person.tap('submit-report')
  await person.at('handed').waitFor()
  return did
}

const waiting = async () => (await kept(person.page)).filter((it) => it.state !== 'sent')

/** The network is back, and everything arrives; the matter as the service has it. */
async function arrives(items) {
  await person.context.setOffline(false)
  await until(async () => (await waiting()).length === 0)
  return matter(items[0].matter)
}

async function matter(id) {
  const told = await town.ask(await town.token('squad-1'), 'GET', `/api/v1/matters/${id}`)
  assert.equal(told.status, 200, JSON.stringify(told.body))
  return told.body.matter
}

async function until(holds, most = 150) {
  for (let n = 0; !(await holds()); n += 1) {
    if (n > most) throw new Error('it did not come about')
    await new Promise((done) => setTimeout(done, 100))
  }
}

const acts = (items) =>
  items.map(({ body }) => ('move' in body.command ? body.command.move.id : 'open'))

test('another party looks on while they mend it: cleared, after one more tap', async () => {
  await begin(OTHER)
  const did = await mended('fix-on-spot')
  const items = await waiting()
  assert.deepEqual(acts(items), ['open', 'file', 'fix_on_spot_filed'])
  assert.ok(items.every((it) => it.state === 'waiting' && it.matter === items[0].matter))
  const is = await arrives(items)
  assert.equal(is.standing.is, 'closed')
  assert.match(is.clear_number, /^XH-/)
  assert.equal(is.handling.unit, 'v01')
  tell('fix_on_spot', did)
  person.well()
})

test('their own unit looks on: filed with both photos, and never accepted', async () => {
  await begin(OWN)
  await mended('fix-on-spot')
  const items = await waiting()
  assert.deepEqual(acts(items), ['open', 'file'])
  const is = await arrives(items)
  assert.equal(is.standing.is, 'filed')
  assert.deepEqual(is.files.map((it) => it.slot).sort(), ['after', 'before'])
  // The control: what the phone did not try is refused by the service.
  const told = await town.ask(await town.token(OWN), 'POST', '/api/v1/commands', {
    id: crypto.randomUUID().replace(/^(.{14})./, '$17'),
    matter: is.id,
    command: { move: { id: 'fix_on_spot_filed', unit: 'v01', person: 'p061' } },
  })
  assert.equal(told.body.code, 'same_party', JSON.stringify(told.body))
  assert.equal((await matter(is.id)).standing.is, 'filed')
  person.well()
})

test('mended alone it is no acceptance', async () => {
  await begin(OTHER)
  await mended('self-handle')
  const items = await waiting()
  assert.deepEqual(acts(items), ['open', 'self_handle'])
  const is = await arrives(items)
  assert.equal(is.standing.is, 'self_handled')
  assert.ok(!is.clear_number, 'nothing is cleared')
  person.well()
})

test('a first link that is refused stops the rest, and is a piece of work', async () => {
  await begin(OTHER)
  await mended('fix-on-spot')
  const before = await waiting()
  // Somebody else's grant ended meanwhile: the service does not take the opening.
  await person.context.route('**/api/v1/commands', (route) =>
    'open' in route.request().postDataJSON().command
      ? route.fulfill({
          status: 403,
          contentType: 'application/problem+json',
          body: JSON.stringify({
            ...{ code: 'not_allowed', status: 403 },
            ...{ title: 'inspectors of this place may', title_zh: '仅限本网格的网格员' },
          }),
        })
      : route.continue(),
  )
  await person.context.setOffline(false)
  await until(async () => (await waiting())[0].state === 'refused')
  const items = await waiting()
  assert.deepEqual(
    items.map((it) => [it.id, it.state]),
    before.map((it, n) => [it.id, n ? 'waiting' : 'refused']),
  )
  assert.deepEqual(
    items.slice(1).map((it) => it.tries),
    [0, 0],
    'what is behind it was never tried',
  )
  await person.at('tab-outbox').click()
  await person.page.locator('[data-test=outbox-item][data-state=refused]').waitFor()
  await picture(person, 'outbox-refused')
  person.well()
})
