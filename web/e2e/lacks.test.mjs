// Phones that lack something: each says so, and each has a way on by which the report arrives.
import { after, afterEach, before, test } from 'node:test'
import assert from 'node:assert/strict'
import { launch, Person, PLACE } from './browser.mjs'
import { photo } from './photo.mjs'
import { kept } from './torture.mjs'
import { PASSWORD, Town } from './town.mjs'

const WHO = 'inspector-v01-1'
const DAY_MS = 24 * 3_600_000

let town
let browser
let easel
let person
let made = 0
before(async () => {
  ;[town, browser] = await Promise.all([Town.open(), launch()])
  easel = await browser.newPage()
})
afterEach(() => person?.context.close())
after(async () => {
  await browser?.close()
  await town?.stop()
})

async function open(more = {}, lack = undefined) {
  person = await Person.phone(browser, town, WHO, more)
  if (lack) await person.context.addInitScript(lack)
  await person.signIn()
  await person.open()
  await person.at('shutter-file').waitFor({ state: 'attached' })
}

/** Leaves coverage, once the phone has the app and the rules: it shows the grid it stands in. */
async function leaveCoverage({ hasWorker = true } = {}) {
  await person.at('here').locator('b', { hasText: '网格' }).waitFor()
  if (hasWorker) await person.page.evaluate(() => navigator.serviceWorker.ready.then(() => 1))
  await person.context.setOffline(true)
}

async function take() {
  made += 1
  const shot = await photo(easel, { seed: 900 + made, at: Date.now(), ...PLACE })
  await person.at('shutter-file').setInputFiles(shot)
  await person.at('photo').first().waitFor()
  await person.page.locator('[data-test^="class-0"]').first().click()
}

const total = async () =>
  (await town.ask(await town.token(WHO), 'GET', '/api/v1/counts')).body.total

/** Submits, and waits until the service has one more. */
async function hand() {
  const before = await total()
  await person.at('submit-report').click()
  await person.at('handed').waitFor()
  return before
}

async function arrives(before) {
  for (let n = 0; (await total()) === before; n += 1) {
    if (n > 60) throw new Error('it did not arrive')
    await person.page.waitForTimeout(100)
  }
  person.well()
}

test('without a database the page keeps things itself, says so, and sends', async () => {
  await open({}, () => Object.defineProperty(window, 'indexedDB', { value: undefined }))
  await person.at('notice-memory').waitFor()
  await take()
  await arrives(await hand())
})

test('without a service worker an open page captures and sends', async () => {
  await open({ context: { serviceWorkers: 'block' } })
  await leaveCoverage({ hasWorker: false })
  await take()
  const before = await hand()
  await person.context.setOffline(false)
  await arrives(before)
})

test('where the place is not told, a point is chosen instead', async () => {
  await open({ context: { permissions: [], geolocation: undefined } })
  await take()
  await person.at('place-missing').waitFor()
  assert.equal(await person.at('submit-report').isEnabled(), false)
  await person.at('point').click()
  await person.at('point-pt057').click()
  await arrives(await hand())
})

test('where the camera is refused, the file input stays and it is said', async () => {
  await open({}, () => {
    navigator.mediaDevices.getUserMedia = () =>
      Promise.reject(new DOMException('no', 'NotAllowedError'))
  })
  const view = person.page.getByRole('button', { name: '打开取景框' })
  await view.click()
  await person.page.getByText('没有相机权限').waitFor()
  await take()
  await arrives(await hand())
})

test('without a worker for pictures the page makes them small itself', async () => {
  await open({}, () => delete window.OffscreenCanvas)
  await take()
  await arrives(await hand())
})

test('signed out while offline, everything is kept and goes on after signing in', async () => {
  await open()
  await leaveCoverage()
  await take()
  const before = await hand()
  const cookies = await person.context.cookies()
  await person.context.clearCookies()
  assert.ok(cookies.length > 0)
  await person.context.setOffline(false)
  await person.at('sign-in-again').click()
  await person.page.fill('input[name=account]', WHO)
  await person.page.fill('input[name=password]', PASSWORD)
  await person.page.click('button[type=submit]')
  await arrives(before)
})

test('what is unsent for a day turns red', async () => {
  await open()
  await leaveCoverage()
  await take()
  const before = await hand()
  await person.page.evaluate(
    (ms) =>
      new Promise((done) => {
        const opened = indexedDB.open('bihuan-field')
        opened.onsuccess = () => {
          const items = opened.result.transaction('items', 'readwrite').objectStore('items')
          const all = items.getAll()
          all.onsuccess = () => {
            for (const it of all.result) items.put({ ...it, made_at: it.made_at - ms })
            items.transaction.oncomplete = () => done()
          }
        }
      }),
    DAY_MS + 60_000,
  )
  await person.page.reload()
  await person.at('notice-late').waitFor()
  assert.equal((await kept(person.page)).filter((it) => it.state === 'waiting').length, 1)
  await person.context.setOffline(false)
  await arrives(before)
})

test('a draft outlives the page', async () => {
  await open()
  await take()
  await person.page.waitForTimeout(200)
  await person.page.reload()
  await person.at('photo').first().waitFor()
  await arrives(await hand())
})
