// The whole loop as six people at six screens: reported on a phone without a network, filed,
// dispatched, fixed, sent back, fixed again, not accepted by whoever fixed it, accepted, cleared,
// looked at again, and come back. What each of them had to do is counted.
import { after, before, test } from 'node:test'
import assert from 'node:assert/strict'
import { launch, Person, PLACE } from './browser.mjs'
import { photo } from './photo.mjs'
import { picture } from './picture.mjs'
import { tell } from './taps.mjs'
import { Town } from './town.mjs'

let town
let browser
let made = 0
/** The place of the story, as photos show it. */
let scene = 0
before(async () => {
  ;[town, browser] = await Promise.all([Town.open(), launch()])
})
after(async () => {
  await browser?.close()
  await town?.stop()
})

/** A photo for whoever stands there: of the heap, or of the place where it was. */
const shot = (person, heap = true) => {
  made += 1
  const size = { width: 1200, height: 900, grain: 0 }
  return photo(person.page, { seed: made, scene, heap, at: Date.now(), ...PLACE, ...size })
}

/** The matter as the service has it. */
async function matter(id) {
  const told = await town.ask(await town.token('squad-1'), 'GET', `/api/v1/matters/${id}`)
  assert.equal(told.status, 200, JSON.stringify(told.body))
  return told.body.matter
}

/** Reports without a network, closes the page, and sends when the network is back. */
async function report(inspector) {
  await inspector.open()
  await inspector.at('tab-capture').waitFor()
  await inspector.at('shutter-file').waitFor({ state: 'attached' })
  await inspector.page.evaluate(() => navigator.serviceWorker.ready.then(() => 1))
  // The grid that it stands in is the last of the rules that a phone reads.
  await inspector.at('here').locator('b').waitFor()
  await picture(inspector, 'capture')
  await inspector.context.setOffline(true)
  await inspector.page.reload()
  await inspector.at('shutter-file').setInputFiles(await shot(inspector))
  await inspector.at('photo').waitFor()
  const did = inspector.count()
  await inspector.tap(inspector.page.locator('[data-test^="class-0"]').first())
  await inspector.at('place-known').waitFor()
  await picture(inspector, 'report')
  await inspector.tap('submit-report')
  await inspector.at('handed').waitFor()
  const capture = { ...did }
  await inspector.page.reload()
  await inspector.at('tab-outbox').click()
  const item = inspector.at('outbox-item').first()
  assert.equal(await item.getAttribute('data-state'), 'waiting')
  await picture(inspector, 'outbox')
  await inspector.context.setOffline(false)
  await inspector.page.locator('[data-test=outbox-item][data-state=sent]').first().waitFor()
  const link = inspector.page.locator('[data-test=outbox-item] a[href*="/matter/"]').first()
  const id = (await link.getAttribute('href')).split('/').pop()
  assert.equal((await matter(id)).standing.stage, 'reported')
  return { id, did: capture }
}

/** Opens an act of a matter at the desk, and confirms what it proposes. */
async function actAtDesk(person, where, act, fill = async () => undefined) {
  await person.open(where)
  const did = person.count()
  await person.tap(`act-${act}`)
  await person.at(`form-${act}`).waitFor()
  await fill()
  await person.tap('move-send')
  const ends = [
    person.at(`form-${act}`).waitFor({ state: 'detached' }),
    person.at('move-fault').waitFor(),
  ]
  await Promise.race(ends.map((it) => it.catch(() => undefined)))
  if (await person.at('move-fault').isVisible())
    throw new Error(`${act}: ${await person.at('move-fault').textContent()}`)
  return { ...did }
}

async function dispatch(dispatcher, id) {
  await dispatcher.open(`inbox?at=${id}`)
  await dispatcher.at('act-dispatch').waitFor()
  return actAtDesk(dispatcher, `inbox?at=${id}`, 'dispatch', async () => {
    for (const field of ['measure', 'standard']) {
      const it = dispatcher.at(`field-${field}`)
      if (!(await it.inputValue())) await it.fill('清理并冲洗')
    }
    await picture(dispatcher, 'dispatch')
  })
}

/**
 * Confirms receipt where that is asked, and declares the work done with a photo; the first time
 * the heap is still there.
 */
async function fix(handler, id, isFirst) {
  await handler.open('tasks')
  await handler.page.locator(`[data-test=task-row][data-id="${id}"]`).waitFor()
  await picture(handler, 'tasks')
  const did = handler.count()
  await handler.tap(handler.page.locator(`[data-test=task-row][data-id="${id}"]`))
  if (isFirst) {
    await handler.tap('act-receive')
    await handler.tap('confirm-act')
    await handler.at('form-receive').waitFor({ state: 'detached' })
  }
  const receipt = { ...did }
  await handler.tap('act-declare')
  await handler
    .at('photo-file-after')
    .first()
    .setInputFiles(await shot(handler, isFirst))
  const done = handler.at('field-measure_done')
  if (!(await done.inputValue())) await handler.type('field-measure_done', '已清理')
  await picture(handler, 'fix')
  await handler.page.locator('[data-test=confirm-act]:enabled').waitFor()
  await handler.tap('confirm-act')
  await handler.at('form-declare').waitFor({ state: 'detached' })
  await until(async () => (await matter(id)).standing.stage === 'accepting')
  return { ...did, taps: did.taps - (isFirst ? receipt.taps - 1 : 0) }
}

/** Whoever fixed it may not accept it: the page says why not, and the service refuses. */
async function refused(handler, id) {
  await handler.open(`matter/${id}`)
  const why = handler.at('act-accept-not')
  await why.waitFor({ state: 'attached' })
  assert.equal(await handler.at('act-accept').count(), 0)
  await handler.page.locator('summary').first().click()
  assert.ok((await why.textContent()).trim().length > 6, 'it says who may')
  const told = await town.ask(await town.token(handler.account), 'POST', '/api/v1/commands', {
    id: crypto.randomUUID().replace(/^(.{14})./, '$17'),
    matter: id,
    command: { move: { id: 'accept', checklist: [0] } },
  })
  assert.equal(told.status, 403, JSON.stringify(told.body))
  assert.equal((await matter(id)).standing.stage, 'accepting')
}

async function judge(acceptor, id, keys, name) {
  await acceptor.open(`acceptance?at=${id}`)
  await acceptor.at('see-both').waitFor({ state: 'detached' })
  await acceptor.page.locator('[data-test=accept]:enabled').waitFor()
  const seen = (slot) => acceptor.at(`photo-${slot}`).evaluate((it) => it.naturalWidth > 0)
  assert.ok((await seen('before')) && (await seen('after')), 'both photos were shown')
  if (name) await picture(acceptor, name)
  const did = acceptor.count()
  for (const key of keys) await acceptor.key(key)
  await acceptor.at('done').waitFor()
  return { ...did }
}

async function until(holds, most = 100) {
  for (let n = 0; !(await holds()); n += 1) {
    if (n > most) throw new Error('it did not come about')
    await new Promise((done) => setTimeout(done, 100))
  }
}

async function lookAgain(squad, id) {
  await squad.open(`matter/${id}`)
  await squad.tap('act-recheck_rebounded')
  await squad
    .at('photo-file-check')
    .first()
    .setInputFiles(await shot(squad))
  await squad.page.locator('[data-test=confirm-act]:enabled').waitFor()
  await picture(squad, 'recheck')
  await squad.tap('confirm-act')
  await until(async () => !!(await matter(id)).rebounded_as)
}

async function loop(language) {
  scene += 1
  const open = (how, account) => Person[how](browser, town, account, { language })
  const people = {
    inspector: await open('phone', 'inspector-v01-1'),
    intake: await open('desk', 'intake-1'),
    dispatcher: await open('desk', 'dispatcher-1'),
    handler: await open('phone', 'handler-v01'),
    acceptor: await open('desk', 'acceptor-1'),
    squad: await open('phone', 'squad-1'),
  }
  const { id, did: capture } = await report(people.inspector)
  await actAtDesk(people.intake, `inbox?at=${id}`, 'file')
  await dispatch(people.dispatcher, id)
  assert.equal((await matter(id)).standing.responsible, 'v01')
  const fixed = await fix(people.handler, id, true)
  await refused(people.handler, id)
  const send_back = await judge(people.acceptor, id, ['r', '1'])
  await until(async () => (await matter(id)).standing.stage === 'rectifying')
  await fix(people.handler, id, false)
  const accept = await judge(people.acceptor, id, ['a', 'a'], 'acceptance')
  await until(async () => (await matter(id)).standing.is === 'closed')
  assert.match((await matter(id)).clear_number, /^XH-/, 'it has a number of clearance')
  await lookAgain(people.squad, id)
  const back = await matter((await matter(id)).rebounded_as)
  assert.equal(back.rebounds, 1)
  for (const it of Object.values(people)) {
    it.well()
    await it.context.close()
  }
  return { capture, fix: fixed, accept, send_back }
}

for (const [language, name] of [
  ['zh', 'in Chinese'],
  ['en', 'in English'],
]) {
  test(`a matter goes the whole way and comes back, ${name}`, async () => {
    const did = await loop(language)
    for (const [act, done] of Object.entries(did)) tell(act, done)
  })
}
