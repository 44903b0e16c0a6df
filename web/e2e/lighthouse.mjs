// Has Lighthouse judge pages over the program that BIHUAN_BIN names, and prints one line of JSON
// for each. BIHUAN_LIGHTHOUSE is the folder that it is installed in; it is no part of the pages.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ownBrowser, Person } from './browser.mjs'
import { scratch, Town } from './town.mjs'

const CATEGORIES = ['accessibility', 'best-practices']
const AIM = 95
const PHONE = { formFactor: 'mobile' }
const DESK = {
  formFactor: 'desktop',
  screenEmulation: { mobile: false, width: 1440, height: 900, deviceScaleFactor: 1 },
}

/** Who looks at which pages, on what. */
const VIEWS = [
  { account: 'inspector-v01-1', app: 'field', pages: ['', 'tasks', 'outbox', 'me'], on: PHONE },
  { account: 'squad-1', app: 'desk', pages: ['overview', 'ledger', 'supervision'], on: DESK },
  { account: 'acceptor-1', app: 'desk', pages: ['acceptance'], on: DESK },
  { account: null, app: '', pages: ['', 'p/pt001', 'list', 'about'], on: PHONE },
]

const entry = join(process.env.BIHUAN_LIGHTHOUSE, 'node_modules/lighthouse/core/index.js')
const { default: lighthouse } = await import(pathToFileURL(entry).href)

/** What it finds, by the audit that was failed. */
function faults(report) {
  const asked = CATEGORIES.flatMap((it) => report.categories[it].auditRefs)
  const failed = asked.filter((it) => it.weight > 0 && report.audits[it.id].score === 0)
  return failed.map((it) => it.id)
}

async function judge(url, port, on) {
  const flags = {
    port,
    onlyCategories: CATEGORIES,
    disableStorageReset: true,
    logLevel: 'error',
  }
  const { lhr } = await lighthouse(url, { ...flags, ...on })
  if (lhr.runtimeError) throw new Error(`${url}: ${lhr.runtimeError.message}`)
  const score = (it) => Math.round(lhr.categories[it].score * 100)
  const [accessibility, best_practices] = CATEGORIES.map(score)
  const at = new URL(lhr.finalDisplayedUrl).pathname
  return { at, accessibility, best_practices, faults: faults(lhr) }
}

async function view(town, { account, app, pages, on }) {
  const folder = scratch('lighthouse')
  const browser = ownBrowser(folder, ['--remote-debugging-port=0'])
  try {
    const open = on === PHONE ? Person.phone : Person.desk
    const person = await open(browser, town, account)
    if (account) await person.signIn()
    const port = Number(readFileSync(join(folder, 'DevToolsActivePort'), 'utf8').split('\n')[0])
    for (const page of pages) {
      const told = await judge([town.base, app, page].filter(Boolean).join('/'), port, on)
      console.log(JSON.stringify({ aim: AIM, ...told }))
    }
  } finally {
    await browser.close()
  }
}

const town = await Town.open()
try {
  for (const it of VIEWS) await view(town, it)
} finally {
  await town.stop()
}
