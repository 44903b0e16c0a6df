// The day's sheet: a leader with a phone sees in one tap how yesterday went and who is late; each
// figure opens to its records, and it prints on one sheet. Whoever may not supervise has none.
import { after, afterEach, before, test } from 'node:test'
import assert from 'node:assert/strict'
import { launch, Person } from './browser.mjs'
import { ask, reported } from './matter.mjs'
import { picture } from './picture.mjs'
import { tell } from './taps.mjs'
import { Town } from './town.mjs'

const LEADER = 'leader-town'

let town
let browser
let person
before(async () => {
  ;[town, browser] = await Promise.all([Town.open(), launch()])
})
afterEach(() => person?.context.close())
after(async () => {
  await browser?.close()
  await town?.stop()
})

async function open(account, more = {}) {
  person = await Person.phone(browser, town, account, more)
  await person.signIn()
  await person.open()
  await person.at('tab-tasks').waitFor()
}

async function count(query) {
  const told = await town.ask(await town.token(LEADER), 'GET', `/api/v1/counts?${query}`)
  return told.body.total
}

const shown = async (key) => Number(await person.at(`stand-${key}`).locator('b').textContent())

test('in one tap, on one screen, and each figure opens to its records', async () => {
  await open(LEADER)
  await person.at('tab-day').waitFor()
  const did = person.count()
  await person.tap('tab-day')
  await person.at('flows').waitFor()
  tell('day_sheet', { ...did })
  assert.equal(await shown('open'), await count('standing=open'))
  assert.equal(await shown('overdue'), await count('standing=overdue'))
  const { height } = person.page.viewportSize()
  const page = () => document.documentElement.scrollHeight
  assert.ok((await person.page.evaluate(page)) <= height, 'it is one screen')
  await picture(person, 'day')
  await person.at('stand-open').click()
  await person.at('task-row').first().waitFor()
  const told = await person.at('found-count').textContent()
  assert.equal(parseInt(told, 10), await count('standing=open'))
  const rows = await person.at('task-row').count()
  assert.equal(rows, Math.min(50, await count('standing=open')))
  person.well()
})

test('a rebound of today opens from its figure, and alone', async () => {
  const closed = '/api/v1/matters?pack=sanitation&meaning=closed&limit=1'
  const [old] = (await ask(town, LEADER, 'GET', closed)).body.rows
  const at = { lon_e7: old.lon_e7, lat_e7: old.lat_e7 }
  const easel = await browser.newPage()
  const matter = await reported(town, easel, { by: 'squad-1', code: old.class, at })
  await easel.close()
  await open(LEADER)
  await person.at('tab-day').click()
  const figure = person.at('flow-today-rebounded')
  await figure.waitFor()
  const found = Number(await figure.textContent())
  assert.ok(found > 0, 'it counts as a rebound')
  await figure.click()
  await person.at('task-row').first().waitFor()
  assert.equal(parseInt(await person.at('found-count').textContent(), 10), found)
  assert.equal(await person.at('task-row').count(), found)
  const links = person.page.locator(`a[href*="${matter}"]`)
  assert.equal(await links.count(), 1, 'what was found today is there')
  const first = await person.page.getByRole('heading', { level: 1 }).textContent()
  assert.equal(first, '反弹')
  person.well()
})

test('it prints on one sheet of A4, without tabs', async () => {
  await open(LEADER)
  await person.at('tab-day').click()
  await person.at('flows').waitFor()
  const pdf = (await person.page.pdf({ preferCSSPageSize: true })).toString('latin1')
  assert.equal(pdf.match(/\/Type\s*\/Page\b(?!s)/g).length, 1)
  await person.page.emulateMedia({ media: 'print' })
  assert.equal(await person.at('tab-day').isVisible(), false)
  assert.equal(await person.at('print').isVisible(), false)
  person.well()
})

test('without a network it is as it was read last, and says so', async () => {
  await open(LEADER)
  await person.page.evaluate(() => navigator.serviceWorker.ready.then(() => 1))
  await person.at('tab-day').click()
  await person.at('flows').waitFor()
  const before = await shown('open')
  await person.context.setOffline(true)
  await person.page.reload()
  await person.at('flows').waitFor()
  await person.page.getByText('没有网络，这是').first().waitFor()
  assert.equal(await shown('open'), before)
  person.well()
})

test('whoever may not supervise has no tab, and the page says who has it', async () => {
  await open('inspector-v01-1')
  assert.equal(await person.at('tab-day').count(), 0)
  await person.open('day')
  await person.at('day-none').waitFor()
  person.well()
})
