// One-tap call: who takes part is put through with one tap, or chooses among several; numbers are
// asked for by that tap alone. Whoever takes no part, has no network or finds nobody is told why.
import { after, afterEach, before, test } from 'node:test'
import assert from 'node:assert/strict'
import { launch, Person } from './browser.mjs'
import { ask, HANDLER, rectifying, UNIT } from './matter.mjs'
import { picture } from './picture.mjs'
import { tell } from './taps.mjs'
import { Town } from './town.mjs'

const SYSTEM = 'administrator-district'
const SECURITY = 'security-district'

let town
let browser
let easel
let person
before(async () => {
  ;[town, browser] = await Promise.all([Town.open(), launch()])
  easel = await browser.newPage()
})
afterEach(() => person?.context.close())
after(async () => {
  await browser?.close()
  await town?.stop()
})

/** Gives a unit a duty telephone, or takes it away by an empty one. */
async function onDuty(id, telephone) {
  const { body: unit } = await ask(town, SYSTEM, 'GET', `/api/v1/units/${id}`)
  const { kind, title, functions } = unit
  const parent = unit.parent ?? undefined
  const code = unit.code ?? undefined
  const units = [{ id, parent, kind, title, code, functions, telephone }]
  const told = await ask(town, SYSTEM, 'PUT', '/api/v1/units', { units })
  assert.equal(told.status, 200, JSON.stringify(told.body))
}

/** Gives whoever has an account a work telephone, or takes it away. */
async function reached(account, telephone) {
  const { person: id } = (await ask(town, account, 'GET', '/api/v1/session')).body
  const path = `/api/v1/people/${id}/telephone`
  const told = await ask(town, SECURITY, 'PUT', path, { telephone })
  assert.equal(told.status, 200, JSON.stringify(told.body))
}

/** Opens a matter; what the phone dials and how often it asks for numbers is written down. */
async function open(account, matter, more = {}) {
  person = await Person.phone(browser, town, account, more)
  await person.signIn()
  const dialled = []
  const asked = []
  await person.context.exposeFunction('dialled', (it) => dialled.push(it))
  await person.context.addInitScript(() => {
    addEventListener('click', (event) => {
      const link = event.target.closest?.('a[href^="tel:"]')
      if (!link) return
      event.preventDefault()
      window.dialled(link.href)
    })
  })
  person.page.on('request', (it) => {
    if (it.url().endsWith('/call')) asked.push(it.url())
  })
  await person.open(`matter/${matter}`)
  await person.at('call').waitFor()
  return { dialled, asked }
}

async function until(truth, why) {
  for (let n = 0; !truth(); n += 1) {
    assert.ok(n < 100, why)
    await person.page.waitForTimeout(50)
  }
}

test('one number is dialled by the first tap, and asked for by that tap alone', async () => {
  const matter = await rectifying(town, easel)
  await onDuty(UNIT, '0370-5550101')
  const { dialled, asked } = await open('dispatcher-1', matter)
  await person.page.waitForLoadState('networkidle')
  assert.deepEqual(asked, [], 'looking at a matter asks for no number')
  const did = person.count()
  await person.tap('call')
  await until(() => dialled.length > 0, 'nothing was dialled')
  tell('call', { ...did })
  assert.deepEqual(dialled, ['tel:03705550101'])
  assert.equal(asked.length, 1)
  await picture(person, 'call-one')
  await person.at('callee').click()
  await until(() => dialled.length === 2, 'it was not dialled again')
  assert.equal(asked.length, 1, 'what was shown is not asked for again')
  person.well()
})

test('among several, who owes the next act comes first, with name and office', async () => {
  const matter = await rectifying(town, easel)
  await onDuty(UNIT, '0370-5550101')
  await onDuty('town', '0370-5550100')
  await reached(HANDLER, '139-0000-7711')
  const { dialled, asked } = await open('dispatcher-1', matter)
  await person.at('call').click()
  await person.at('callee').first().waitFor()
  assert.equal(await person.at('callee').count(), 3)
  assert.match(await person.at('callee').first().textContent(), /柳埠头村.*整改责任人.*谭卫东/)
  assert.deepEqual(dialled, [], 'nobody is called who was not chosen')
  await picture(person, 'call')
  await person.at('callee').first().click()
  await until(() => dialled.length > 0, 'nothing was dialled')
  assert.deepEqual(dialled, ['tel:13900007711'])
  assert.equal(asked.length, 1)
  await person.key('Escape')
  await person.at('callee').first().waitFor({ state: 'detached' })
  assert.ok(!(await person.page.content()).includes('13900007711'), 'it is forgotten')
  await reached(HANDLER, null)
  person.well()
})

test('whoever takes no part is told so, and no number', async () => {
  const matter = await rectifying(town, easel)
  await onDuty(UNIT, '0370-5550101')
  const { dialled } = await open('leader-town', matter)
  await person.at('call').click()
  await person.at('call-note').waitFor()
  assert.match(await person.at('call-note').textContent(), /仅限经办此件/)
  assert.equal(await person.at('callee').count(), 0)
  assert.deepEqual(dialled, [])
  await picture(person, 'call-refused')
  person.well()
})

test('without a network it says so, though the number was seen before', async () => {
  const matter = await rectifying(town, easel)
  await onDuty(UNIT, '0370-5550101')
  await onDuty('town', '')
  const { dialled, asked } = await open('dispatcher-1', matter)
  await person.page.evaluate(() => navigator.serviceWorker.ready.then(() => 1))
  await person.at('call').click()
  await until(() => dialled.length === 1, 'nothing was dialled')
  await person.context.setOffline(true)
  await person.page.reload()
  await person.at('call').click()
  await person.at('call-note').waitFor()
  assert.match(await person.at('call-note').textContent(), /连网后可打/)
  assert.equal(dialled.length, 1)
  assert.equal(asked.length, 1)
  assert.ok(!(await person.page.content()).includes('5550101'), 'nothing was kept')
  person.well()
})

test('where nobody has a telephone it says so', async () => {
  const matter = await rectifying(town, easel)
  for (const it of [UNIT, 'town']) await onDuty(it, '')
  const { dialled } = await open(HANDLER, matter, { language: 'en' })
  await person.at('call').click()
  await person.at('call-note').waitFor()
  assert.match(await person.at('call-note').textContent(), /No telephone is set/)
  assert.deepEqual(dialled, [])
  person.well()
})
