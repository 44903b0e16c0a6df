// What an office does at the desk beside the loop: photos for the public, links for a fixer.
import { after, before, test } from 'node:test'
import assert from 'node:assert/strict'
import { launch, Person } from './browser.mjs'
import { Town } from './town.mjs'

let town
let browser
before(async () => {
  ;[town, browser] = await Promise.all([Town.open({ BIHUAN_PUBLIC_PHOTOS: 'true' }), launch()])
})
after(async () => {
  await browser?.close()
  await town?.stop()
})

/** Matters in a stage, as the squad sees them. */
async function matters(query) {
  const token = await town.token('squad-1')
  const told = await town.ask(token, 'GET', `/api/v1/matters?${query}&limit=50`)
  return told.body.rows
}

async function at(account, path, more) {
  const person = await Person.desk(browser, town, account, more)
  await person.signIn()
  await person.open(path)
  return person
}

async function leave(...people) {
  for (const it of people) {
    it.well()
    await it.context.close()
  }
}

test('a photo is covered by keys alone, released, seen by the public and taken back', async () => {
  const [matter] = await matters('stage=closed')
  const person = await at('dispatcher-1', `matters/${matter.id}`)
  const { page } = person
  assert.equal(await person.at('release-state').first().textContent(), '未公开')
  await person.at('release-open').first().press('Enter')
  await page.locator('[data-test=cover-add]:enabled').press('Enter')
  const part = person.at('cover-0')
  const says = (text) => page.locator(`[data-test=cover-0][aria-label*="${text}"]`).waitFor()
  await says('左 44%')
  for (const key of ['ArrowLeft', 'ArrowUp', 'Shift+ArrowRight']) await page.keyboard.press(key)
  await says('左 43%，上 43%，宽 13%，高 12%')
  await person.at('cover-add').press('Enter')
  await page.keyboard.press('Delete')
  assert.equal(await part.count(), 1)

  assert.ok(await person.at('cover-release').isDisabled(), 'nobody has said to have looked')
  await person.at('cover-result').press('Enter')
  assert.equal(await person.at('covered').count(), 1)
  await person.at('cover-sure').press('Space')
  await person.at('cover-release').press('Enter')
  await page.getByText('看公开的照片').waitFor()
  const address = await page.getByText('看公开的照片').getAttribute('href')
  const seen = () => fetch(`${town.base}${address}`).then((it) => it.status)
  assert.equal(await seen(), 200, 'nobody needs to sign in')

  await person.at('release-back').press('Enter')
  assert.equal(await seen(), 200, 'it is asked once more first')
  await person.at('release-back-sure').press('Enter')
  await person.at('release-back-sure').waitFor({ state: 'detached' })
  assert.equal(await seen(), 404)
  await leave(person)
})

test('a part is drawn, moved and sized by pointer', async () => {
  const [matter] = await matters('stage=closed')
  const person = await at('squad-1', `matters/${matter.id}`, { language: 'en' })
  const { page } = person
  await person.at('release-open').first().click()
  await page.waitForFunction(
    () => document.querySelector('[data-test=cover-photo] img').complete,
  )
  const { x, y, width, height } = await person.at('cover-photo').boundingBox()
  const drag = async (from, to) => {
    await page.mouse.move(x + width * from[0], y + height * from[1])
    await page.mouse.down()
    await page.mouse.move(x + width * to[0], y + height * to[1], { steps: 3 })
    await page.mouse.up()
  }
  const says = (text) => page.locator(`[data-test=cover-0][aria-label*="${text}"]`).waitFor()
  await drag([0.2, 0.2], [0.4, 0.5])
  await says('20% from the left, 20% from above, 20% wide, 30% high')
  await drag([0.3, 0.3], [0.5, 0.3])
  await says('40% from the left, 20% from above, 20% wide, 30% high')
  await drag([0.6, 0.5], [0.7, 0.6])
  await says('40% from the left, 20% from above, 30% wide, 40% high')
  await person.at('cover-sure').check()
  await person.at('cover-wider').click()
  assert.equal(await person.at('cover-sure').isChecked(), false, 'other covers, another word')
  await leave(person)
})

test('whoever fixes a matter lets no photo of it go, and is told who may', async () => {
  const rows = await matters('stage=rectifying')
  const own = rows.find((it) => it.unit === 'v01') ?? rows[0]
  const person = await at(`handler-${own.unit}`, `matters/${own.id}`)
  await person.at('release-why').waitFor()
  assert.equal(await person.at('release-open').count(), 0)
  await leave(person)
})

test('a link is made with an end, shown once, works without an account, and is revoked', async () => {
  const own = (await matters('stage=rectifying')).find((it) => it.unit === 'v01')
  const person = await at('handler-v01', `matters/${own.id}`)
  const { page } = person
  await person.at('link-new').click()
  await person.at('fixer').fill('保洁 李某')
  await person.at('link-hours').selectOption('4')
  await person.at('link-make').click()
  const address = await person.at('link-secret').textContent()
  const [where, token] = address.split('#')
  assert.equal(where, `${town.base}/field/l`)
  const seen = () => fetch(`${town.base}/api/v1/links/${token}`).then((it) => it.status)
  assert.equal(await seen(), 200)

  await page.reload()
  await person.at('links-living').getByText('保洁 李某').waitFor()
  assert.equal(await person.at('link-secret').count(), 0, 'it is shown once')
  await person.at('link-revoke').click()
  await person.at('links-living').waitFor({ state: 'detached' })
  assert.equal(await seen(), 410)

  const other = await at('acceptor-1', `matters/${own.id}`)
  await other.at('links-why').waitFor()
  assert.equal(await other.at('link-new').count(), 0, 'an acceptor sends nobody to fix')
  await leave(person, other)
})
