// People at their screens: a context of the browser each, signed in, watched for what goes wrong.
import { chromium, devices } from 'playwright-core'
import { PASSWORD } from './town.mjs'

const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
]
/** The first point of the village whose people the stories follow. */
export const PLACE = { lon: 113.009042, lat: 34.918981 }
/** What a browser says when a story takes its network, or when somebody is not signed in yet. */
const EXPECTED = [/net::ERR_/, /status of (401|403|404|409|410|422|500|503)/]

const PROGRAM = {
  executablePath: process.env.BIHUAN_CHROMIUM ?? '/usr/bin/chromium',
  args: ARGS,
}

/** Starts the browser. */
export const launch = () => chromium.launch(PROGRAM)

/** A browser for one person, that keeps on a disk what it keeps: only there is a disk ever full. */
export function ownBrowser(folder, more = []) {
  let context
  const program = { ...PROGRAM, args: [...ARGS, ...more] }
  return {
    newContext: async (options) => {
      context = await chromium.launchPersistentContext(folder, { ...program, ...options })
      return context
    },
    close: () => context?.close(),
  }
}

/** Nothing was done yet, on the screen that is open. */
const nothingYet = () => ({ taps: 0, keys: 0, typed: 0, screens: 1 })

/** Somebody at a screen; `faults` is what the browser complained about. */
export class Person {
  faults = []
  /** What the person did: taps, keys, characters that were typed, and screens that were passed. */
  did = nothingYet()
  #screen = ''

  constructor(context, page, { town, app, account, language }) {
    Object.assign(this, { context, page, town, app, account, language })
    this.watch(page)
  }

  watch(page) {
    page.on('pageerror', (it) => this.faults.push(`${this.account}: ${it.stack ?? it.message}`))
    page.on('console', (it) => {
      const isFault = it.type() === 'error' && !EXPECTED.some((known) => known.test(it.text()))
      if (isFault) this.faults.push(`${this.account}: ${it.text()}`)
    })
    page.on('framenavigated', (frame) => {
      const { pathname } = new URL(frame.url())
      if (frame !== page.mainFrame() || pathname === this.#screen) return
      this.#screen = pathname
      this.did.screens += 1
    })
    // A payload that runs opens a dialog.
    page.on('dialog', (it) => {
      this.faults.push(`${this.account}: a dialog: ${it.message()}`)
      void it.dismiss()
    })
  }

  /** Somebody with a phone, standing in a place. */
  static phone(browser, town, account, more = {}) {
    const { language = 'zh', place = PLACE, context = {} } = more
    const phone = { ...devices['Pixel 5'], viewport: { width: 360, height: 800 } }
    delete phone.defaultBrowserType
    const geolocation = { longitude: place.lon, latitude: place.lat, accuracy: 8 }
    const permissions = ['geolocation']
    const options = { ...phone, geolocation, permissions, ...context }
    return Person.#open(browser, options, { town, app: 'field', account, language }).then(
      (it) => it.standIn(geolocation),
    )
  }

  /** A receiver tells its place again and again, never quite the same. */
  standIn({ latitude, longitude, accuracy }) {
    let turn = 0
    const tell = () => {
      turn += 1
      const here = { latitude: latitude + (turn % 2) * 1e-7, longitude, accuracy }
      this.context.setGeolocation(here).catch(() => clearInterval(timer))
    }
    const timer = setInterval(tell, 1_000)
    this.context.on('close', () => clearInterval(timer))
    return this
  }

  /** Somebody at a desk. */
  static desk(browser, town, account, more = {}) {
    const { language = 'zh', context = {} } = more
    const options = { viewport: { width: 1440, height: 900 }, ...context }
    return Person.#open(browser, options, { town, app: 'desk', account, language })
  }

  static async #open(browser, options, who) {
    const locale = who.language === 'zh' ? 'zh-CN' : 'en-GB'
    const context = await browser.newContext({
      locale,
      timezoneId: 'Asia/Shanghai',
      ...options,
    })
    context.setDefaultTimeout(15_000)
    await context.addInitScript((it) => {
      if (!localStorage.getItem('bihuan.language')) localStorage.setItem('bihuan.language', it)
    }, who.language)
    return new Person(context, context.pages()[0] ?? (await context.newPage()), who)
  }

  /** Opens a page of the app; the first time the person signs in as everybody does. */
  async open(path = '') {
    await this.page.goto(`${this.town.base}/${this.app}/${path}`)
    const name = this.page.locator('input[name=account]')
    await name.or(this.page.locator('main, nav, h1').first()).first().waitFor()
    if (await name.isVisible()) await this.#signIn(name)
  }

  async #signIn(name) {
    await name.fill(this.account)
    await this.page.fill('input[name=password]', PASSWORD)
    await this.page.click('button[type=submit]')
    await name.waitFor({ state: 'detached' })
  }

  /** Signs in without the page, for stories that are not about it. */
  async signIn() {
    const data = { account: this.account, password: PASSWORD, bearer: false }
    const headers = { origin: this.town.base }
    const url = `${this.town.base}/api/v1/sessions`
    const told = await this.context.request.post(url, { data, headers })
    if (!told.ok()) throw new Error(`${this.account} cannot sign in: ${await told.text()}`)
  }

  /** What a control is called in the sources. */
  at(test) {
    return this.page.locator(`[data-test="${test}"]`)
  }

  /** Taps or clicks, and counts it. */
  async tap(test) {
    this.did.taps += 1
    await (typeof test === 'string' ? this.at(test).first() : test).click()
  }

  /** Types into a field, and counts the characters. */
  async type(test, text) {
    this.did.typed += Array.from(text).length
    await this.at(test).first().fill(text)
  }

  /** Presses a key, and counts it. */
  async key(name) {
    this.did.keys += 1
    await this.page.keyboard.press(name)
  }

  /** Begins to count anew. */
  count() {
    this.did = nothingYet()
    return this.did
  }

  /** Fails where the browser complained. */
  well() {
    if (this.faults.length > 0) throw new Error(this.faults.join('\n'))
  }
}
