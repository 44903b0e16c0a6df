// Measures what people wait for, and prints it as one line of JSON for bench/RESULTS.md:
// `node e2e/measure.mjs [--matters 100000]` over the program that BIHUAN_BIN names, in release.
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import { launch, Person, PLACE } from './browser.mjs'
import { photo } from './photo.mjs'
import { Town } from './town.mjs'

/** A slow phone: a processor four times slower, and a network of 1.6 Mbit/s with 150 ms. */
const SLOW = { cpu: 4, bit_s: 1_600_000, latency_ms: 150 }
/** Nothing long may run for this time before a page counts as ready to be used. */
const CALM_MS = 1_000
const TRIES = 5
const SCROLL_MS = 4_000
const BULK = 500

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)]
const round = (it) => Math.round(it * 10) / 10

/** Bytes of the first load of the field app as gzip has them, the map left out. */
async function firstLoad(browser, town) {
  const person = await Person.phone(browser, town, 'inspector-v01-1', {
    context: { serviceWorkers: 'block' },
  })
  await person.signIn()
  const sizes = new Map()
  const take = async (it) => {
    const path = new URL(it.url()).pathname
    if (path.startsWith('/field/'))
      sizes.set(path, gzipSync(await it.body(), { level: 9 }).length)
  }
  const taken = []
  person.page.on('response', (it) => taken.push(take(it)))
  await person.open()
  await person.at('shutter-file').waitFor({ state: 'attached' })
  await person.page.waitForLoadState('networkidle')
  await Promise.all(taken)
  await person.context.close()
  const bytes = [...sizes.values()].reduce((sum, it) => sum + it, 0)
  return { gzip_bytes: bytes, files: sizes.size }
}

/** Until the shutter is there and nothing long runs any more, on a slow phone. */
async function interactive(browser, town) {
  const person = await Person.phone(browser, town, 'inspector-v01-1', {
    context: { serviceWorkers: 'block' },
  })
  await person.signIn()
  const session = await person.context.newCDPSession(person.page)
  await session.send('Network.enable')
  await session.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: SLOW.latency_ms,
    downloadThroughput: SLOW.bit_s / 8,
    uploadThroughput: SLOW.bit_s / 8,
  })
  await session.send('Network.setCacheDisabled', { cacheDisabled: true })
  await session.send('Emulation.setCPUThrottlingRate', { rate: SLOW.cpu })
  await person.page.addInitScript((calm) => {
    const long = []
    new PerformanceObserver((list) =>
      long.push(...list.getEntries().map((it) => it.startTime + it.duration)),
    ).observe({ type: 'longtask', buffered: true })
    window.__ready = new Promise((done) => {
      const look = () => {
        const shutter = document.querySelector('[data-test=shutter-file]')
        if (!shutter) return requestAnimationFrame(look)
        const shown = performance.now()
        const settle = () => {
          const last = Math.max(shown, ...long)
          if (performance.now() - last < calm) return setTimeout(settle, 50)
          done({ shown, interactive: last })
        }
        settle()
      }
      look()
    })
  }, CALM_MS)
  const shown = []
  const ready = []
  for (let n = 0; n < TRIES; n += 1) {
    await person.page.goto(`${town.base}/field/`)
    const it = await person.page.evaluate(() => window.__ready)
    shown.push(it.shown)
    ready.push(it.interactive)
  }
  await person.context.close()
  return { shown_ms: round(median(shown)), interactive_ms: round(median(ready)) }
}

/** From the shutter until a photo of 12 megapixels is kept on the phone. */
async function capture(browser, town, cpu) {
  const person = await Person.phone(browser, town, 'inspector-v01-1')
  await person.signIn()
  await person.open()
  await person.at('shutter-file').waitFor({ state: 'attached' })
  const shots = []
  for (let n = 0; n < TRIES; n += 1) {
    const size = { width: 4000, height: 3000, grain: 24 }
    shots.push(await photo(person.page, { seed: n + 1, at: Date.now(), ...PLACE, ...size }))
  }
  const session = await person.context.newCDPSession(person.page)
  await session.send('Emulation.setCPUThrottlingRate', { rate: cpu })
  for (const [n, shot] of shots.entries()) {
    await person.at('shutter-file').setInputFiles(shot)
    await person.at('photo').nth(n).waitFor()
  }
  const times = await person.page.evaluate(() =>
    performance.getEntriesByName('capture-saved').map((it) => it.duration),
  )
  await person.context.close()
  return { saved_ms: round(median(times)), photo_bytes: shots[0].buffer.length }
}

/** A new id, in the order of making (UUIDv7). */
function idOf(count, what) {
  const ms = Date.now().toString(16).padStart(12, '0')
  const low = count.toString(16).padStart(12, '0')
  return `${ms.slice(0, 8)}-${ms.slice(8)}-7000-8${what}00-${low}`
}

/** Opens so many matters through the API. */
async function fill(town, matters) {
  const token = await town.token('inspector-v01-1')
  const at = { lon_e7: Math.round(PLACE.lon * 1e7), lat_e7: Math.round(PLACE.lat * 1e7) }
  const place = { at, datum: 'wgs84', source: 'gnss', accuracy_m: 8 }
  for (let from = 0; from < matters; from += BULK) {
    const commands = Array.from({ length: Math.min(BULK, matters - from) }, (_, n) => ({
      id: idOf(from + n, 1),
      matter: idOf(from + n, 2),
      command: {
        open: { pack: 'sanitation', class: '0111', source: 'patrol', title: `第${n}处`, place },
      },
    }))
    const told = await town.ask(token, 'POST', '/api/v1/commands/bulk', { commands })
    if (told.status !== 200) throw new Error(JSON.stringify(told.body))
  }
}

/** Frames of each second while the ledger is scrolled from its head to its end. */
async function scroll(browser, town) {
  const person = await Person.desk(browser, town, 'squad-1')
  await person.signIn()
  await person.open('ledger')
  await person.at('ledger-row').first().waitFor()
  const told = await person.page.evaluate((lasts_ms) => {
    const scrolls = (it) => it.scrollHeight > it.clientHeight * 2
    const grid = [...document.querySelectorAll('[data-test=grid], [data-test=grid] *')]
    const box = grid.find(scrolls) ?? document.scrollingElement
    const step = box.scrollHeight / (lasts_ms / 16.7)
    return new Promise((done) => {
      const gaps = []
      const began = performance.now()
      let last = began
      const frame = (now) => {
        if (now > last) gaps.push(now - last)
        last = now
        box.scrollTop += step
        if (now - began < lasts_ms) return requestAnimationFrame(frame)
        const longest = Math.max(...gaps)
        const frames_s = (gaps.length * 1000) / (now - began)
        done({ frames_s, longest_ms: longest, height_px: box.scrollHeight })
      }
      requestAnimationFrame(frame)
    })
  }, SCROLL_MS)
  const count = (await person.at('count').first().textContent()).trim()
  await person.context.close()
  const { frames_s, longest_ms, height_px } = told
  return { count, frames_s: round(frames_s), longest_ms: round(longest_ms), height_px }
}

const { values } = parseArgs({ options: { matters: { type: 'string', default: '0' } } })
const [town, browser] = await Promise.all([Town.open(), launch()])
try {
  const told = {
    cores: cpus().length,
    browser: browser.version(),
    first_load: await firstLoad(browser, town),
    slow_phone: { ...SLOW, ...(await interactive(browser, town)) },
    capture: await capture(browser, town, 1),
    capture_slow: await capture(browser, town, SLOW.cpu),
  }
  await fill(town, Number(values.matters))
  told.ledger = await scroll(browser, town)
  console.log(JSON.stringify(told))
} finally {
  await browser.close()
  await town.stop()
}
