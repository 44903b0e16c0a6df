// Measures what people wait for, and prints a line of JSON for each figure, which `cargo xtask
// bench` writes into bench/RESULTS.md: `node e2e/measure.mjs [--matters 100000]` over the program
// that BIHUAN_BIN names, in release.
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
/** How far a ledger moves from one frame to the next: a wheel that is turned fast, and a flick. */
const STEPS_PX = [90, 900]
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

/** Frames of each second while the ledger is scrolled; with no step from its head to its end. */
async function scroll(person, step_px) {
  await person.open('ledger')
  await person.at('ledger-row').first().waitFor()
  return person.page.evaluate(
    ([lasts_ms, step_px]) => {
      const scrolls = (it) => it.scrollHeight > it.clientHeight * 2
      const grid = [...document.querySelectorAll('[data-test=grid], [data-test=grid] *')]
      const box = grid.find(scrolls) ?? document.scrollingElement
      const step = step_px ?? box.scrollHeight / (lasts_ms / 16.7)
      return new Promise((done) => {
        let frames = 0
        const began = performance.now()
        const frame = (now) => {
          frames += 1
          box.scrollTop += step
          if (now - began < lasts_ms) return requestAnimationFrame(frame)
          done((frames * 1000) / (now - began))
        }
        requestAnimationFrame(frame)
      })
    },
    [SCROLL_MS, step_px],
  )
}

/** Tells a figure; `most` or `least` is what it should be, in the same unit. */
function tell(what, measured, unit, aim = {}) {
  console.log(JSON.stringify({ what, measured: round(measured), unit, ...aim }))
}

async function phones(browser, town) {
  const { gzip_bytes } = await firstLoad(browser, town)
  tell('field app, first load without the map, gzip', gzip_bytes / 1000, 'kB', { most: 250 })
  const slow = `processor ${SLOW.cpu} × slower, ${SLOW.bit_s / 1e6} Mbit/s`
  const { shown_ms, interactive_ms } = await interactive(browser, town)
  tell(`field app, shutter shown, ${slow}`, shown_ms, 'ms')
  tell(`field app, interactive, ${slow}`, interactive_ms, 'ms', { most: 2_000 })
  for (const cpu of [1, SLOW.cpu]) {
    const { saved_ms, photo_bytes } = await capture(browser, town, cpu)
    const size = `12 megapixels, ${round(photo_bytes / 2 ** 20)} MiB, processor ${cpu} × slower`
    tell(`capture to saved, ${size}`, saved_ms, 'ms', { most: 300 })
  }
}

async function ledger(browser, town) {
  const person = await Person.desk(browser, town, 'squad-1')
  await person.signIn()
  await person.open('ledger')
  const count = (await person.at('count').first().textContent()).trim()
  for (const step_px of [...STEPS_PX, null]) {
    const how = step_px === null ? 'from head to end in 4 s' : `${step_px} px a frame`
    const frames_s = await scroll(person, step_px)
    tell(`ledger (${count}), ${how}`, frames_s, 'frames/s', { least: 50 })
  }
  await person.context.close()
}

const { values } = parseArgs({ options: { matters: { type: 'string', default: '0' } } })
const [town, browser] = await Promise.all([Town.open(), launch()])
try {
  await phones(browser, town)
  await fill(town, Number(values.matters))
  await ledger(browser, town)
} finally {
  await browser.close()
  await town.stop()
}
