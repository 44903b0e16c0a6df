// Texts that want to run, in every field that people write into: nothing of them runs anywhere.
import { after, before, test } from 'node:test'
import assert from 'node:assert/strict'
import { launch, Person, PLACE } from './browser.mjs'
import { PAYLOADS } from './payloads.mjs'
import { Town } from './town.mjs'

/** Texts of a note have this many characters at most. */
const NOTE_MAX = 4096

let town
let browser
let count = 0
before(async () => {
  ;[town, browser] = await Promise.all([Town.open(), launch()])
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
