// The public page as a resident has it: a phone that runs no script reports and follows; axe finds
// nothing; what somebody wrote runs nowhere.
import { after, before, test } from 'node:test'
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { launch } from './browser.mjs'
import { Town } from './town.mjs'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
const SMALL = { width: 360, height: 800 }
const WRITTEN = '<script>window.ran = 1</script><img src=x onerror="window.ran = 2"> 门口垃圾'

let town
let browser
before(async () => {
  ;[town, browser] = await Promise.all([Town.open(), launch()])
})
after(async () => {
  await browser?.close()
  await town?.stop()
})

/** Reports at a point, and is led to the page of the report; its address. */
async function report(page) {
  await page.goto(`${town.base}/p/pt001`)
  await page.locator('input[name=kind]').first().check()
  await page.locator('textarea[name=words]').fill(WRITTEN)
  await page.locator('button[type=submit]').click()
  await page.waitForURL(/\/r\/[0-9A-Z-]{19}$/)
  return new URL(page.url()).pathname
}

test('a phone that runs no script reports, follows and is told what is wrong', async () => {
  const context = await browser.newContext({ viewport: SMALL, javaScriptEnabled: false })
  const page = await context.newPage()
  const followed = await report(page)
  assert.match(await page.locator('main').innerText(), /待立案/)
  await page.goto(`${town.base}/r`)
  await page.locator('input[name=code]').fill(followed.slice(3).toLowerCase())
  await page.locator('button[type=submit]').click()
  assert.equal(new URL(page.url()).pathname, followed)
  await page.locator('a.other').click()
  assert.match(await page.locator('main').innerText(), /Reported/)

  const wrong = await page.goto(`${town.base}/r/0000-0000-0000-0000`)
  assert.equal(wrong.status(), 404)
  assert.match(await page.locator('[role=alert]').innerText(), /没有这个查询码/)
  await context.close()
})

test('axe finds nothing on the public pages, and what was written runs nowhere', async () => {
  for (const colorScheme of ['light', 'dark']) {
    const context = await browser.newContext({ viewport: SMALL, colorScheme, bypassCSP: true })
    const page = await context.newPage()
    const followed = await report(page)
    const paths = [
      '/',
      '/p',
      '/p/pt001',
      '/r',
      followed,
      '/list',
      '/about',
      '/p?lang=en',
      '/r/x',
    ]
    for (const path of paths) {
      await page.goto(`${town.base}${path}`)
      assert.equal(await page.evaluate(() => window.ran), undefined, path)
      await page.evaluate(AXE)
      const found = await page.evaluate(
        (tags) =>
          window.axe
            .run(document, { runOnly: tags })
            .then((it) => it.violations.map((one) => `${one.id} ${one.nodes[0].html}`)),
        TAGS,
      )
      assert.deepEqual(found, [], `${path} (${colorScheme})`)
      const isWide = () => document.documentElement.scrollWidth > window.innerWidth
      assert.equal(await page.evaluate(isWide), false, `${path} scrolls sideways`)
    }
    await context.close()
  }
})
