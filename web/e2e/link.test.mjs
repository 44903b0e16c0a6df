// Whoever fixes it and has no account: opens the link, takes the photo after, sends. The unit
// declares it; another unit accepts. What was revoked, has ended or never was says so in words.
import { after, afterEach, before, test } from 'node:test'
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { launch, Person, PLACE } from './browser.mjs'
import { photo } from './photo.mjs'
import { picture } from './picture.mjs'
import { Town } from './town.mjs'

const UNIT = 'handler-v01'

let town
let browser
let easel
let people = []
let made = 0
before(async () => {
  ;[town, browser] = await Promise.all([Town.open(), launch()])
  easel = await browser.newPage()
})
afterEach(async () => {
  for (const it of people) await it.context.close()
  people = []
})
after(async () => {
  await browser?.close()
  await town?.stop()
})

async function phone(account) {
  const it = await Person.phone(browser, town, account)
  people.push(it)
  return it
}

const uuid = () => crypto.randomUUID().replace(/^(.{14})./, '$17')
const ask = async (account, method, path, body) =>
  town.ask(await town.token(account), method, path, body)

async function act(account, matter, command) {
  const told = await ask(account, 'POST', '/api/v1/commands', { id: uuid(), matter, command })
  assert.equal(told.status, 200, JSON.stringify(told.body))
}

/** A matter that the village is at work on. */
async function fixing() {
  const matter = uuid()
  const at = { lon_e7: Math.round(PLACE.lon * 1e7), lat_e7: Math.round(PLACE.lat * 1e7) }
  const place = { at, datum: 'wgs84', source: 'gnss', accuracy_m: 8, at_ms: await now() }
  const digest = await upload()
  const files = [{ digest, slot: 'before', taken_at: (await now()) - 60_000 }]
  const { body } = await ask(UNIT, 'GET', '/api/v1/packs/sanitation')
  const open = {
    pack: 'sanitation',
    class: body.classes[0].code,
    source: 'patrol',
    title: '堆物',
  }
  await act('inspector-v01-1', matter, { open: { ...open, place, files } })
  await act('intake-1', matter, { move: { id: 'file' } })
  const form = { measure: '清运', standard: '见本色' }
  await act('dispatcher-1', matter, { move: { id: 'dispatch', unit: 'v01', form } })
  await act(UNIT, matter, { move: { id: 'receive' } })
  return matter
}

/** The photo of the report, as the inspector's phone sends it; its digest. */
async function upload() {
  made += 1
  const { buffer } = await photo(easel, { seed: 600 + made, at: Date.now(), ...PLACE })
  const digest = createHash('sha256').update(buffer).digest('hex')
  const headers = {
    authorization: `Bearer ${await town.token('inspector-v01-1')}`,
    'tus-resumable': '1.0.0',
    'upload-length': String(buffer.length),
    'upload-metadata': `sha256 ${btoa(digest)}`,
    'content-type': 'application/offset+octet-stream',
  }
  const init = { method: 'POST', headers, body: buffer }
  const told = await fetch(`${town.base}/api/v1/uploads`, init)
  assert.equal(told.status, 201, await told.text())
  return digest
}

const now = async () => (await ask(UNIT, 'GET', '/api/v1/realm')).body.now

async function link(matter) {
  const path = `/api/v1/matters/${matter}/links`
  const told = await ask(UNIT, 'POST', path, { hours: 24 })
  assert.equal(told.status, 201, JSON.stringify(told.body))
  return told.body
}

/** Somebody who is signed in nowhere, with the page of a link. */
async function visit(token) {
  const fixer = await phone('nobody')
  await fixer.page.goto(`${town.base}/field/l#${token}`)
  return fixer
}

async function takes(fixer) {
  made += 1
  const size = { width: 800, height: 600, grain: 6 }
  const shot = await photo(fixer.page, { seed: 700 + made, at: Date.now(), ...PLACE, ...size })
  await fixer.at('link-file').setInputFiles(shot)
  await fixer.at('link-photo').waitFor()
}

const stage = async (matter) =>
  (await ask('squad-1', 'GET', `/api/v1/matters/${matter}`)).body.matter.standing.stage

test('the unit sends a link, the fixer sends a photo, and the unit declares it', async () => {
  const matter = await fixing()
  const handler = await phone(UNIT)
  await handler.signIn()
  await handler.open(`matter/${matter}`)
  await handler.at('make-link').click()
  const address = (await handler.at('link-address').textContent()).trim()
  assert.match(address, /\/field\/l#bihuan_link_[0-9a-f]+$/)
  await picture(handler, 'link-made')

  const asked = []
  const fixer = await phone('nobody')
  fixer.page.on('request', (it) => asked.push(it.url()))
  await fixer.page.goto(address)
  await fixer.at('link-due').waitFor()
  const seen = fixer.at('link-before').locator('img')
  await seen.waitFor()
  assert.ok(await seen.evaluate((it) => it.decode().then(() => it.naturalWidth > 0)))
  assert.equal(await fixer.at('link-standard').textContent(), '见本色')
  assert.ok(!(await fixer.page.content()).includes('谭卫东'), 'nobody is named')
  await picture(fixer, 'link')
  await fixer.context.setOffline(true)
  await takes(fixer)
  await fixer.at('link-send').click()
  await fixer.at('link-unsent').waitFor()
  await picture(fixer, 'link-unsent')
  await fixer.context.setOffline(false)
  await fixer.at('link-sent').waitFor()
  await picture(fixer, 'link-sent')
  const pages = asked.filter((it) => !it.includes('/api/v1/'))
  assert.ok(
    pages.every((it) => !it.includes('bihuan_link_')),
    'no page is asked by the secret',
  )
  assert.equal(await stage(matter), 'rectifying', 'nothing moved by it')

  await handler.open(`matter/${matter}`)
  await handler.at('use-proposal').click()
  await handler.page.locator('[data-test=confirm-act]:enabled').waitFor()
  await handler.at('confirm-act').click()
  await handler.at('form-declare').waitFor({ state: 'detached' })
  for (let n = 0; (await stage(matter)) !== 'accepting'; n += 1) {
    assert.ok(n < 100, 'it was not declared')
    await handler.page.waitForTimeout(100)
  }
  await fixer.page.reload()
  await fixer.page.locator('[data-test=link-stand][data-stand=ended]').waitFor()
  for (const it of [handler, fixer]) it.well()
})

test('by a link nothing can be accepted, whatever is tried', async () => {
  const { token } = await link(await fixing())
  const matter = await fixing()
  for (const id of ['accept', 'fix_on_spot', 'declare']) {
    const body = { id: uuid(), matter, command: { move: { id } } }
    const told = await town.ask(token, 'POST', '/api/v1/commands', body)
    assert.equal(told.status, 401, `${id}: ${JSON.stringify(told.body)}`)
  }
  const told = await town.ask(token, 'GET', `/api/v1/matters/${matter}`)
  assert.equal(told.status, 401)
})

test('a link whose time is over says so, and what it told is forgotten', async () => {
  const { token } = await link(await fixing())
  const fixer = await visit(token)
  await fixer.at('link-due').waitFor()
  const problem = {
    ...{ code: 'link_ended', status: 410 },
    ...{ title: 'the link has ended', title_zh: '链接已失效' },
  }
  const body = JSON.stringify(problem)
  const contentType = 'application/problem+json'
  await fixer.context.route('**/api/v1/links/**', (route) =>
    route.fulfill({ status: 410, contentType, body }),
  )
  await fixer.page.reload()
  await fixer.page.locator('[data-test=link-stand][data-stand=ended]').waitFor()
  await fixer.page.evaluate(() => navigator.serviceWorker.ready.then(() => 1))
  await fixer.context.unroute('**/api/v1/links/**')
  await fixer.context.setOffline(true)
  await fixer.page.reload()
  await fixer.page.locator('[data-test=link-stand][data-stand=away]').waitFor()
  assert.ok(!(await fixer.page.content()).includes('见本色'))
  fixer.well()
})

test('a link that was revoked, and one that never was, say so', async () => {
  const matter = await fixing()
  const { id, token } = await link(matter)
  const fixer = await visit(token)
  await fixer.at('link-due').waitFor()
  await takes(fixer)
  const path = `/api/v1/matters/${matter}/links/${id}`
  assert.equal((await ask(UNIT, 'DELETE', path)).status, 204)
  await fixer.at('link-send').click()
  await fixer.page.locator('[data-test=link-stand][data-stand=ended]').waitFor()
  assert.match(await fixer.at('link-stand').textContent(), /1 张照片没有送出/)
  await picture(fixer, 'link-ended')
  const other = await visit(`bihuan_link_${'0'.repeat(64)}`)
  await other.page.locator('[data-test=link-stand][data-stand=unknown]').waitFor()
  for (const it of people) it.well()
})

test('opened without a network for the first time it says that, and opens later', async () => {
  const { token } = await link(await fixing())
  const fixer = await phone('nobody')
  await fixer.page.goto(`${town.base}/field/`)
  await fixer.page.evaluate(() => navigator.serviceWorker.ready.then(() => 1))
  await fixer.context.route('**/api/v1/**', (route) => route.abort())
  await fixer.page.goto(`${town.base}/field/l#${token}`)
  await fixer.page.locator('[data-test=link-stand][data-stand=away]').waitFor()
  await fixer.context.unroute('**/api/v1/**')
  await fixer.at('link-retry').click()
  await fixer.at('link-due').waitFor()
  fixer.well()
})
