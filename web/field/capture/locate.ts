// Where the phone is: by the browser, or by the chat app that shows the page. A reading keeps the
// datum it was given in; nothing is guessed.
import { fromGcj02, toE7, type LonLat } from '@/geo'
import type { Place } from '@/outbox/item'
import { now } from '@/time'

/** A reading of the phone. */
export interface Reading {
  /** In WGS-84, for the map and the areas of this phone. */
  at: LonLat
  place: Place
  /** When it was read, by the clock of the device. */
  read_at: number
}

/** Why there is no reading. */
export type NoReading = 'denied' | 'off' | 'slow' | 'none'

export interface Locator {
  read(timeoutMs: number): Promise<Reading>
  /** Keeps reading; tells how to stop. */
  watch(told: (it: Reading) => void, failed: (why: NoReading) => void): () => void
}

export class CannotLocate extends Error {
  readonly why: NoReading
  constructor(why: NoReading) {
    super(why)
    this.why = why
  }
}

const ACCURACY_MAX_M = 100_000

function reading(given: LonLat, accuracy_m: number, isGcj02: boolean): Reading {
  const at = isGcj02 ? fromGcj02(given) : given
  const base = {
    accuracy_m: Math.min(ACCURACY_MAX_M, Math.max(0, Math.round(accuracy_m) || 0)),
    at_ms: Math.round(now()),
    source: accuracy_m > 200 ? ('network' as const) : ('gnss' as const),
  }
  // The service turns a reading of another datum by itself, and keeps what was given.
  const place: Place = isGcj02
    ? { ...base, datum: 'gcj02', raw: toE7(given) }
    : { ...base, datum: 'wgs84', at: toE7(given) }
  return { at, place, read_at: Date.now() }
}

const REASONS: Record<number, NoReading> = { 1: 'denied', 2: 'off', 3: 'slow' }

class BrowserLocator implements Locator {
  read(timeoutMs: number): Promise<Reading> {
    return new Promise((done, fail) => {
      if (!navigator.geolocation) return fail(new CannotLocate('none'))
      navigator.geolocation.getCurrentPosition(
        (it) => done(fromBrowser(it)),
        (it) => fail(new CannotLocate(REASONS[it.code] || 'off')),
        { enableHighAccuracy: true, timeout: timeoutMs, maximumAge: 10_000 },
      )
    })
  }
  watch(told: (it: Reading) => void, failed: (why: NoReading) => void) {
    if (!navigator.geolocation) {
      failed('none')
      return () => undefined
    }
    const id = navigator.geolocation.watchPosition(
      (it) => told(fromBrowser(it)),
      (it) => failed(REASONS[it.code] || 'off'),
      { enableHighAccuracy: true, timeout: 20_000, maximumAge: 5_000 },
    )
    return () => navigator.geolocation.clearWatch(id)
  }
}

function fromBrowser(it: GeolocationPosition): Reading {
  const at = { lon: it.coords.longitude, lat: it.coords.latitude }
  return reading(at, it.coords.accuracy, false)
}

interface DingTalk {
  getLocation?: (asked: object) => void
  device?: { geolocation?: { get?: (asked: object) => void } }
}

/** DingTalk answers in GCJ-02, and must be asked each time. */
class DingTalkLocator implements Locator {
  read(timeoutMs: number): Promise<Reading> {
    return new Promise((done, fail) => {
      const dd = (window as unknown as { dd?: DingTalk }).dd
      const onSuccess = (it: { longitude: number; latitude: number; accuracy?: number }) =>
        done(reading({ lon: it.longitude, lat: it.latitude }, it.accuracy || 0, true))
      const onFail = () => fail(new CannotLocate('off'))
      const asked = {
        targetAccuracy: 50,
        coordinate: 1,
        withReGeocode: false,
        useCache: false,
        type: 0,
      }
      window.setTimeout(() => fail(new CannotLocate('slow')), timeoutMs)
      const get = dd && dd.device && dd.device.geolocation && dd.device.geolocation.get
      if (dd && dd.getLocation) dd.getLocation({ ...asked, success: onSuccess, fail: onFail })
      else if (get) get({ ...asked, onSuccess, onFail })
      else fail(new CannotLocate('none'))
    })
  }
  watch(told: (it: Reading) => void, failed: (why: NoReading) => void) {
    const ask = () => void this.read(10_000).then(told, (it: CannotLocate) => failed(it.why))
    ask()
    const id = window.setInterval(ask, 15_000)
    return () => window.clearInterval(id)
  }
}

/** The way to ask on this device. */
export function locator(): Locator {
  const isDingTalk = /DingTalk/i.test(navigator.userAgent) && 'dd' in window
  return isDingTalk ? new DingTalkLocator() : new BrowserLocator()
}
