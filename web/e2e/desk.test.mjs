// What an office does at the desk beside the loop: photos for the public, links for a fixer.
import { after, before, test } from 'node:test'
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { launch, Person } from './browser.mjs'
import { uuid } from './matter.mjs'
import { drawn, looksOf, until } from './second.mjs'
import { Town } from './town.mjs'

let town
let browser
before(async () => {
  // The program that is told listens on this machine.
  const settings = { BIHUAN_PUBLIC_PHOTOS: 'true', BIHUAN_WEBHOOK_NETWORKS: '127.0.0.0/8' }
  ;[town, browser] = await Promise.all([Town.open(settings), launch()])
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

test('a link is made with an end, shown once, works without an account, is revoked', async () => {
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

test('an acceptance is looked at again by another unit, blind; not by its own', async () => {
  const looks = await drawn(town, 6)
  const [first, second] = looks
  const open = (look) => at(look.account, `second-looks?at=${look.id}`)
  const blind = async (person) => {
    const { page } = person
    await page.locator('[data-test=agree]:enabled').waitFor()
    const text = await page.locator('main').textContent()
    for (const hidden of ['高维桐', 'acceptor-1', '专班']) assert.ok(!text.includes(hidden))
    const seen = (slot) => person.at(`photo-${slot}`).evaluate((it) => it.naturalWidth > 0)
    assert.ok((await seen('before')) && (await seen('after')))
  }
  const agrees = await open(first)
  await blind(agrees)
  await agrees.key('a')
  await agrees.at('agree-hint').waitFor()
  assert.ok(await waits(first), 'it is asked once more first')
  await agrees.key('a')
  await agrees.page.getByText(`${first.number} 已复核：同意`).waitFor()
  assert.ok(!(await waits(first)))

  const disagrees = await open(second)
  await blind(disagrees)
  await disagrees.key('r')
  assert.ok(await disagrees.at('disagree-send').isDisabled(), 'a no says why')
  await disagrees.page.keyboard.type('墙角仍有垃圾')
  await disagrees.page.keyboard.press('Control+Enter')
  await disagrees.page.getByText(`${second.number} 已复核：不同意`).waitFor()
  assert.ok(!(await waits(second)))

  const acceptor = await at('acceptor-1', 'second-looks')
  await acceptor.page.getByText('没有抽到您复核的事项').waitFor()
  const path = `/api/v1/second-looks/${looks[2].id}`
  const given = [await town.token('acceptor-1'), 'POST', path, { verdict: 'agree' }]
  assert.equal((await town.ask(...given)).status, 404, 'whoever accepted was not drawn')
  assert.ok(await waits(looks[2]))
  await acceptor.at('second-summary').first().click()
  const tally = await acceptor.at('second-tally').locator('td').allTextContents()
  assert.deepEqual(tally.slice(1), ['6', '4', '2', '0', '1'], 'by unit alone')

  const handler = await at('handler-v01', 'second-looks')
  await handler.page.getByText('您不参加复核').waitFor()
  await leave(agrees, disagrees, acceptor, handler)
})

/** Whether a second look still waits. */
const waits = (look) =>
  looksOf(town, look.account).then((rows) => rows.some((it) => it.id === look.id))

test('placards are opened a batch at a time, and one by one', async () => {
  const person = await at('administrator-district', 'settings/placards')
  await person.at('placard-count').waitFor()
  await person.at('point-kind').selectOption('compound')
  const count = (await person.at('placard-count').textContent()).match(/\d+/)[0]
  const opened = person.context.waitForEvent('page')
  await person.at('placard-open').click()
  const sheet = await opened
  await sheet.waitForLoadState()
  assert.match(await sheet.title(), /^点位牌/)
  assert.equal(await sheet.locator('svg').count(), Number(count), 'a code on each')
  const printed = await sheet.pdf({ preferCSSPageSize: true })
  assert.equal(printed.subarray(0, 5).toString(), '%PDF-')
  await leave(person)
})

test('a point is added, changed and changed back', async () => {
  const person = await at('administrator-district', 'settings/points')
  const { page } = person
  await person.at('point-new').click()
  const form = person.at('point-form')
  const fill = async (texts) => {
    for (const [name, text] of Object.entries(texts))
      await form.locator(`input[name=${name}]`).fill(text)
  }
  await fill({ id: 'pt900', kind: 'compound', zh: '新渡口', en: 'New Ferry' })
  await fill({ lon: '113.0401', lat: '34.9231' })
  await person.at('point-form-unit').fill('c01')
  await page.keyboard.press('Enter')
  await person.at('point-save').click()
  await form.waitFor({ state: 'detached' })
  await person.at('point-find').fill('pt900')
  const row = person.at('point-row')
  assert.match(await row.textContent(), /新渡口/)

  await row.locator('button').click()
  await fill({ zh: '老渡口' })
  await person.at('point-save').click()
  await row.getByText('老渡口').waitFor()
  await person.at('undo').click()
  await row.getByText('新渡口').waitFor()
  await leave(person)

  const handler = await at('handler-v01', 'settings/points')
  await handler.page.locator('h1').waitFor()
  assert.equal(await handler.at('point-new').count(), 0)
  await leave(handler)
})

test('a table of points is looked through first, and a bad row is told with its line', async () => {
  const person = await at('administrator-district', 'settings/points')
  const table = (...rows) => {
    const text = ['id,kind,zh,en,unit,person,leader,lon,lat,datum', ...rows].join('\n')
    return { name: 'points.csv', mimeType: 'text/csv', buffer: Buffer.from(text) }
  }
  const good = 'pt901,compound,东渡口,East Ferry,c01,,,113.0402,34.9232,wgs84'
  const bad = 'pt902,compound,西渡口,West Ferry,nowhere,,,113.0403,34.9233,wgs84'
  await person.page.locator('.import summary').click()
  await person.at('import').setInputFiles(table(good, bad))
  const faults = person.at('import-faults')
  await faults.waitFor()
  assert.match(await faults.locator('tbody').textContent(), /3/, 'the line')
  assert.ok(await person.at('import-apply').isDisabled())
  const points = () =>
    town
      .token('administrator-district')
      .then((it) => town.ask(it, 'GET', '/api/v1/points?after=pt900'))
      .then(({ body }) => body.points.map((it) => it.id))
  assert.deepEqual((await points()).includes('pt901'), false, 'nothing is written')
  await person.at('import').setInputFiles(table(good))
  await person.page.locator('[data-test=import-apply]:enabled').click()
  await person.page.getByText('已写入 1 行').waitFor()
  assert.ok((await points()).includes('pt901'))
  await leave(person)
})

/** A program that answers as it is told to; where it listens, and how often it was called. */
async function program() {
  const it = { answers: 200, calls: 0 }
  const server = createServer((request, response) => {
    it.calls += 1
    request.resume()
    response.writeHead(it.answers).end()
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  it.url = `http://127.0.0.1:${server.address().port}/hook`
  it.close = () => server.close()
  return it
}

test('what a program gave up is sent again from the desk', async () => {
  const told = await program()
  told.answers = 410
  const person = await at('administrator-district', 'settings/webhooks')
  const { page } = person
  await person.at('webhook-new').click()
  await person.at('webhook-title').fill('考核平台')
  await person.at('webhook-url').fill(told.url)
  await person.at('webhook-add').click()
  await person.at('webhook-secret').waitFor()
  const [matter] = await matters('stage=rectifying')
  const note = { id: uuid(), matter: matter.id, command: { note: { text: '再看一次' } } }
  const noted = await town.ask(await town.token('squad-1'), 'POST', '/api/v1/commands', note)
  assert.equal(noted.status, 200, JSON.stringify(noted.body))
  await until(async () => {
    await page.reload()
    const row = person.at('webhook-row')
    await row.waitFor()
    return (await row.textContent()).includes('对方已停用')
  })
  assert.equal(told.calls, 1, 'one that says that it is gone is left alone')

  told.answers = 200
  await person.at('webhook-turn').click()
  await person.at('webhook-row').getByText('正常').waitFor()
  await person.at('webhook-deliveries').click()
  await person.at('redeliver').first().click()
  await page.getByText('已重新排队').waitFor()
  await until(async () => told.calls > 1)
  told.close()
  await leave(person)
})
