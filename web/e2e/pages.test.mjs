// Every page of both apps, light and dark: nothing that axe finds, nothing that the policy stops.
import { after, before, test } from 'node:test'
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { launch, Person } from './browser.mjs'
import { drawn } from './second.mjs'
import { Town } from './town.mjs'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
/** Nothing but colours changes with the scheme. */
const SCHEMES = [
  ['light', undefined],
  ['dark', { runOnly: { type: 'rule', values: ['color-contrast'] } }],
]
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
/**
 * Who looks at which pages; `:stage` stands for a matter in that stage, and what follows `>` is
 * opened there.
 */
const LOOKS = [
  ['phone', 'inspector-v01-1', ['', 'map', 'outbox', 'me', 'matter/:reported']],
  [
    'phone',
    'handler-v01',
    ['tasks', 'messages', 'matter/:rectifying', 'matter/:rectifying > act-declare'],
  ],
  ['phone', 'acceptor-1', ['matter/:accepting > act-send_back']],
  ['phone', 'leader-town', ['day', 'found?standing=open&title=open']],
  ['desk', 'dispatcher-1', ['', 'inbox', 'inbox?at=:filed > act-dispatch', 'ledger']],
  ['desk', 'leader-town', ['map', 'wall', 'supervision', ' > palette', 'ledger > columns']],
  [
    'desk',
    'acceptor-1',
    ['acceptance', 'acceptance > send-back', 'matters/:accepting', 'second-looks'],
  ],
  ['desk', 'squad-1', ['matters/:closed', 'matters/:closed > release-open']],
  ['desk', 'handler-v01', ['matters/:rectifying > link-new', 'second-looks', 'settings/mine']],
  ['desk', 'administrator-district', under('mine units areas packs calendar notice health')],
  [
    'desk',
    'administrator-district',
    ['settings/webhooks > webhook-new', ...under('points placards retention')],
  ],
  [
    'desk',
    'security-district',
    [
      'nowhere',
      'second-looks?show=summary',
      ...under('people grants holds retention requests'),
    ],
  ],
  ['desk', 'audit-district', under('audit')],
]

function under(sections) {
  return sections.split(' ').map((it) => `settings/${it}`)
}

let town
let browser
before(async () => {
  ;[town, browser] = await Promise.all([Town.open({ BIHUAN_PUBLIC_PHOTOS: 'true' }), launch()])
})
after(async () => {
  await browser?.close()
  await town?.stop()
})

/** What axe finds on a page, a line each; it runs in a world of its own beside the policy. */
async function violations(page, run = { runOnly: TAGS }) {
  const session = await page.context().newCDPSession(page)
  const { frameTree } = await session.send('Page.getFrameTree')
  const world = { frameId: frameTree.frame.id, worldName: 'axe', grantUniveralAccess: true }
  const { executionContextId: contextId } = await session.send(
    'Page.createIsolatedWorld',
    world,
  )
  const expression = `${AXE}; axe.run(document, ${JSON.stringify(run)}).then((it) =>
    it.violations.flatMap((one) => one.nodes.map((node) =>
      one.id + ' ' + node.target.join(' ') + ': ' + node.failureSummary.replace(/\\s+/g, ' '))))`
  const how = { awaitPromise: true, returnByValue: true }
  const told = await session.send('Runtime.evaluate', { expression, contextId, ...how })
  await session.detach()
  if (told.exceptionDetails) throw new Error(JSON.stringify(told.exceptionDetails))
  return told.result.value
}

/** Waits until a page has come to rest: nothing is fetched and nothing moves. */
async function rest(page) {
  await page.waitForFunction(() => document.querySelector('main, nav, form, h1') !== null)
  const quiet = page.waitForLoadState('networkidle', { timeout: 1_500 })
  await quiet.catch(() => undefined)
  const still = () => document.getAnimations().every((it) => it.playState !== 'running')
  await page.waitForFunction(still, null, { timeout: 1_000 }).catch(() => undefined)
}

async function look(person, paths) {
  const found = []
  for (const path of paths) {
    const [where, opened] = path.split(' > ')
    await person.open(where.trim())
    await rest(person.page)
    if (opened) await person.at(opened).first().click()
    for (const [colorScheme, run] of SCHEMES) {
      await person.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      await person.page.locator(`html[data-theme=${colorScheme}]`).waitFor()
      await rest(person.page)
      const lines = await violations(person.page, run)
      found.push(...lines.map((it) => `${person.app}/${path} (${colorScheme}): ${it}`))
    }
  }
  return found
}

/** An address with the id of a matter where it names a stage. */
async function address(path) {
  const [, stage] = /:(\w+)/.exec(path) ?? []
  if (!stage) return path
  const query = `stage=${stage}&unit=v01&limit=1`
  const ask = (more) =>
    town.token('squad-1').then((it) => town.ask(it, 'GET', `/api/v1/matters?${more}`))
  const own = await ask(query)
  const any = own.body.rows.length > 0 ? own : await ask(`stage=${stage}&limit=1`)
  return path.replace(`:${stage}`, any.body.rows[0].id)
}

for (const [how, account, paths] of LOOKS) {
  test(`axe finds nothing where ${account} looks`, async () => {
    const person = await Person[how](browser, town, account)
    await person.signIn()
    const addresses = []
    for (const path of paths) addresses.push(await address(path))
    assert.deepEqual(await look(person, addresses), [])
    person.well()
    await person.context.close()
  })
}

test('axe finds nothing where an acceptance is looked at again', async () => {
  const [{ account }] = await drawn(town, 4)
  const person = await Person.desk(browser, town, account)
  await person.signIn()
  const paths = ['second-looks', 'second-looks > disagree', 'second-looks?show=summary']
  assert.deepEqual(await look(person, paths), [])
  person.well()
  await person.context.close()
})

test('axe finds nothing on the page of a link', async () => {
  const handler = 'handler-v01'
  const token = await town.token(handler)
  const ask = (...words) => town.ask(token, ...words)
  const { body } = await ask('GET', '/api/v1/matters?stage=rectifying&unit=v01&limit=1')
  const path = `/api/v1/matters/${body.rows[0].id}/links`
  const made = await ask('POST', path, { hours: 1 })
  const person = await Person.phone(browser, town, 'nobody')
  assert.deepEqual(await look(person, [`l#${made.body.token}`, 'l#of-nothing']), [])
  await person.context.close()
})

test('axe finds nothing at the doors', async () => {
  for (const how of ['phone', 'desk']) {
    const person = await Person[how](browser, town, 'nobody')
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
