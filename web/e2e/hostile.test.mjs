// Texts that want to run, in every field that people write into: nothing of them runs anywhere.
import { after, before, test } from 'node:test'
import assert from 'node:assert/strict'
import { launch, Person, PLACE } from './browser.mjs'
import { PAYLOADS } from './payloads.mjs'
import { Town } from './town.mjs'

/** Texts of a note have this many characters at most. */
const NOTE_MAX = 4096
/** So many people are made and matters held: one request each. */
const SLOW_MAX = 40
const WEBHOOKS_MAX = 20
/** Pages that list what was named, so that a text is surely in front of the browser. */
const LISTS = ['points', 'webhooks', 'holds'].map((it) => `settings/${it}`)

let town
let browser
let count = 0
before(async () => {
  ;[town, browser] = await Promise.all([
    Town.open({ BIHUAN_WEBHOOK_NETWORKS: '127.0.0.0/8' }),
    launch(),
  ])
})
after(async () => {
  await browser?.close()
  await town?.stop()
})

/** A new id, in the order of making (UUIDv7). */
function newId() {
  count += 1
  const ms = Date.now().toString(16).padStart(12, '0')
  const low = count.toString(16).padStart(3, '0')
  return `${ms.slice(0, 8)}-${ms.slice(8)}-7${low}-8000-${'0'.repeat(9)}${low}`
}

async function bulk(account, commands) {
  const path = '/api/v1/commands/bulk'
  const told = await town.ask(await town.token(account), 'POST', path, { commands })
  assert.equal(told.status, 200, JSON.stringify(told.body).slice(0, 400))
  return told.body.rows
}

const done = (rows) => rows.filter((it) => it.done).length

/** Opens a matter for each payload, and writes the payloads into notes, measures and standards. */
async function write() {
  const at = { lon_e7: Math.round(PLACE.lon * 1e7), lat_e7: Math.round(PLACE.lat * 1e7) }
  const place = { at, datum: 'wgs84', source: 'gnss', accuracy_m: 8 }
  const matters = PAYLOADS.map(() => newId())
  const open = PAYLOADS.map((title, n) => {
    const form = { remark: title, measure: title, standard: title }
    const what = { pack: 'sanitation', class: '0111', source: 'patrol', title, place, form }
    return { id: newId(), matter: matters[n], command: { open: what } }
  })
  const opened = await bulk('inspector-v01-1', open)
  const first = matters[0]
  const notes = PAYLOADS.map((text) => ({
    id: newId(),
    matter: first,
    command: { note: { text: text.slice(0, NOTE_MAX) } },
  }))
  const noted = await bulk('intake-1', notes)
  return { matters, opened, noted }
}

test('two hundred hostile texts run nowhere', async () => {
  assert.equal(new Set(PAYLOADS).size, 200)
  const { matters, opened, noted } = await write()
  assert.deepEqual([done(opened), done(noted)], [PAYLOADS.length, PAYLOADS.length])
  const first = matters[0]
  const token = await town.token('intake-1')
  const life = await town.ask(token, 'GET', `/api/v1/matters/${first}`)
  assert.ok(life.body.timeline.length > PAYLOADS.length, 'the notes stand in the timeline')

  const desk = await Person.desk(browser, town, 'intake-1')
  await desk.signIn()
  for (const path of [
    `matters/${first}`,
    `inbox?at=${first}`,
    'ledger',
    'map',
    'supervision',
    '',
  ])
    await look(desk, path)
  await desk.open(`matters/${first}`)
  assert.equal(await desk.at('title').textContent(), PAYLOADS[0], 'it is shown as it is')
  const phone = await Person.phone(browser, town, 'inspector-v01-1')
  await phone.signIn()
  for (const path of ['', 'tasks', 'map', `matter/${first}`]) await look(phone, path)
  for (const it of [desk, phone]) {
    it.well()
    await it.context.close()
  }
})

/** Opens a page, lets it show what it has, and asks whether anything ran. */
async function look(person, path) {
  await person.open(path)
  await person.page.waitForLoadState('networkidle', { timeout: 2_000 }).catch(() => undefined)
  for (let n = 0; n < 5; n += 1) {
    await person.page.mouse.wheel(0, 3_000)
    await person.page.waitForTimeout(60)
  }
  assert.equal(await person.page.evaluate(() => window.__ran), undefined, path)
  const ours = await person.page.evaluate(
    () => document.querySelectorAll('main script, main iframe, main object').length,
  )
  assert.equal(ours, 0, `${path}: an element of a payload stands in the page`)
}

/** Names of units, people and points, what webhooks are for, and why matters are held. */
async function name(held) {
  const administrator = await town.token('administrator-district')
  const security = await town.token('security-district')
  const put = async (token, method, path, body) => {
    const told = await town.ask(token, method, path, body)
    assert.ok(told.status < 300, `${path}: ${JSON.stringify(told.body).slice(0, 400)}`)
  }
  const titles = PAYLOADS.map((it) => ({ zh: it, en: it }))
  const units = titles.map((title, n) => ({
    id: `hostile${n}`,
    kind: 'village',
    parent: 'town',
    title,
  }))
  await put(administrator, 'PUT', '/api/v1/units', { units })
  const at = { lon_e7: Math.round(PLACE.lon * 1e7), lat_e7: Math.round(PLACE.lat * 1e7) }
  const points = titles.map((title, n) => ({
    id: `hostile${n}`,
    kind: 'hostile',
    title,
    unit: `hostile${n}`,
    at,
  }))
  await put(administrator, 'PUT', '/api/v1/points', { points })
  for (const [n, text] of PAYLOADS.slice(0, SLOW_MAX).entries()) {
    const unit = `hostile${n}`
    const grants = [{ role: 'handler', unit }]
    const person = { id: unit, name: text, accounts: [unit], grants }
    await put(security, 'POST', '/api/v1/people', person)
    const webhook = { title: text, url: 'http://127.0.0.1:9009/hook', kinds: [], unit }
    if (n < WEBHOOKS_MAX) await put(administrator, 'POST', '/api/v1/webhooks', webhook)
    await put(security, 'PUT', `/api/v1/holds/${held[n]}`, { reason: text })
  }
}

test('nothing runs where names are shown, and what is held or told elsewhere', async () => {
  const { body } = await town.ask(
    await town.token('squad-1'),
    'GET',
    '/api/v1/matters?limit=50',
  )
  await name(body.rows.map((it) => it.id))
  const settings = (it) => it.split(' ').map((section) => `settings/${section}`)
  const looks = [
    ['administrator-district', settings('units areas points placards people webhooks audit')],
    ['security-district', settings('people grants holds')],
    ['audit-district', settings('audit')],
    ['dispatcher-1', ['inbox', 'ledger', 'map']],
    ['leader-town', ['', 'supervision', 'map', 'wall', 'second-looks?show=summary']],
  ]
  for (const [account, paths] of looks) {
    const person = await Person.desk(browser, town, account)
    await person.signIn()
    for (const path of paths) {
      await look(person, path)
      if (LISTS.includes(path))
        assert.ok((await person.page.textContent('main')).includes(PAYLOADS[0]), path)
    }
    if (account === 'administrator-district') await placards(person)
    person.well()
    await person.context.close()
  }
  const phone = await Person.phone(browser, town, 'inspector-v01-1')
  await phone.signIn()
  for (const path of ['', 'map', 'me']) await look(phone, path)
  phone.well()
  await phone.context.close()
})

/** The service writes this page itself. */
async function placards({ page }) {
  await page.goto(`${town.base}/api/v1/points/placards?kind=hostile&size=a6`)
  assert.ok((await page.textContent('body')).includes(PAYLOADS[0]), 'it is shown as it is')
  assert.equal(await page.evaluate(() => window.__ran), undefined)
  assert.equal(await page.locator('script, iframe, object, img').count(), 0)
}

test('the control: a page that writes texts as HTML would run them', async () => {
  const page = await browser.newPage()
  await page.setContent('<main></main>')
  await page.evaluate((it) => {
    for (const text of it) {
      const node = document.createElement('div')
      node.innerHTML = text
      document.querySelector('main').append(node)
    }
  }, PAYLOADS)
  await page.waitForFunction(() => window.__ran !== undefined)
  await page.close()
})
