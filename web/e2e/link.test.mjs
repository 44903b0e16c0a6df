// Whoever fixes it and has no account: opens the link, takes the photo after, sends. The unit
// declares it; another unit accepts. What was revoked, has ended or never was says so in words.
import { after, afterEach, before, test } from 'node:test'
import assert from 'node:assert/strict'
import { launch, Person, PLACE } from './browser.mjs'
import { ask, HANDLER, rectifying, uuid } from './matter.mjs'
import { photo } from './photo.mjs'
import { picture } from './picture.mjs'
import { Town } from './town.mjs'

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

const fixing = () => rectifying(town, easel)

async function link(matter) {
  const path = `/api/v1/matters/${matter}/links`
  const told = await ask(town, HANDLER, 'POST', path, { hours: 24 })
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
  (await ask(town, 'squad-1', 'GET', `/api/v1/matters/${matter}`)).body.matter.standing.stage

test('the unit sends a link, the fixer sends a photo, and the unit declares it', async () => {
  const matter = await fixing()
  const handler = await phone(HANDLER)
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
  assert.equal((await ask(town, HANDLER, 'DELETE', path)).status, 204)
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
