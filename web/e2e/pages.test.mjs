// Every page of both apps, light and dark: nothing that axe finds, nothing that the policy stops.
import { after, before, test } from 'node:test'
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { launch, Person } from './browser.mjs'
import { Town } from './town.mjs'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const DESK = ['', 'inbox', 'ledger', 'acceptance', 'supervision', 'map', 'settings', 'wall']
const FIELD = ['', 'capture', 'tasks', 'map', 'outbox', 'messages', 'me', 'mine']
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

let town
let browser
before(async () => {
  ;[town, browser] = await Promise.all([Town.open(), launch()])
})
after(async () => {
  await browser?.close()
  await town?.stop()
})

/** What axe finds on a page, a line each; scripts are let in beside the policy for it alone. */
async function violations(page) {
  const world = await page.context().newCDPSession(page)
  const { frameTree } = await world.send('Page.getFrameTree')
  const frameId = frameTree.frame.id
  const apart = { frameId, worldName: 'axe', grantUniveralAccess: true }
  const { executionContextId: contextId } = await world.send('Page.createIsolatedWorld', apart)
  const tags = JSON.stringify(TAGS)
  const expression = `${AXE}; axe.run(document, { runOnly: ${tags} }).then((it) =>
    it.violations.flatMap((one) => one.nodes.map((node) =>
      one.id + ' ' + node.target.join(' ') + ': ' + node.failureSummary)))`
  const told = await world.send('Runtime.evaluate', {
    expression,
    contextId,
    awaitPromise: true,
    returnByValue: true,
  })
  await world.detach()
  if (told.exceptionDetails) throw new Error(JSON.stringify(told.exceptionDetails))
  return told.result.value
}

/** Waits until a page has come to rest: nothing is fetched and nothing moves. */
async function rest(page) {
  await page.waitForLoadState('load')
  const moving = () => document.getAnimations().some((it) => it.playState === 'running')
  const still = () => document.querySelector('main, nav, form') !== null
  await page.waitForFunction(still)
  await page.waitForLoadState('networkidle', { timeout: 3_000 }).catch(() => undefined)
  await page.waitForFunction(`!(${moving})()`, null, { timeout: 2_000 }).catch(() => undefined)
}

async function look(person, paths) {
  const found = []
  for (const scheme of ['light', 'dark']) {
    await person.page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' })
    for (const path of paths) {
      await person.open(path)
      await rest(person.page)
      const lines = await violations(person.page)
      found.push(...lines.map((it) => `${person.app}/${path} (${scheme}): ${it}`))
    }
  }
  return found
}

test('axe finds nothing in the field app', async () => {
  const person = await Person.phone(browser, town, 'inspector-v01-1')
  await person.signIn()
  assert.deepEqual(await look(person, FIELD), [])
  person.well()
  await person.context.close()
})

test('axe finds nothing at the desk', async () => {
  const person = await Person.desk(browser, town, 'administrator-district')
  await person.signIn()
  assert.deepEqual(await look(person, DESK), [])
  person.well()
  await person.context.close()
})

test('axe finds nothing at the doors', async () => {
  for (const open of [Person.phone, Person.desk]) {
    const person = await open(browser, town, 'nobody')
    await person.page.goto(`${town.base}/${person.app}/`)
    await rest(person.page)
    assert.deepEqual(await violations(person.page), [])
    person.well()
    await person.context.close()
  }
})

test('the policy of a page stops a script that stands in it', async () => {
  const person = await Person.phone(browser, town, 'nobody')
  await person.page.goto(`${town.base}/field/`)
  await person.page.evaluate(() => {
    const script = document.createElement('script')
    script.textContent = 'window.ran = true'
    document.body.append(script)
  })
  assert.equal(await person.page.evaluate(() => window.ran), undefined)
  assert.match(person.faults.join(), /Content Security Policy/, 'the control: it is noticed')
  await person.context.close()
})
