// Dates as clerks write them, in the zone of the realm: `2021-04-16 (周五) 15:30`.
import { language } from './language'

const DAYS = {
  zh: ['周日', '周一', '周二', '周三', '周四', '周五', '周六'],
  en: ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'],
}

let zoneS = 8 * 3600
let aheadMs = 0

/** Takes over the zone of the realm, and how far its clock is ahead of that of this device. */
export function setClock(zone_s: number, now_ms: number, here_ms = Date.now()): void {
  zoneS = zone_s
  aheadMs = now_ms - here_ms
}

/** How far the clock of the realm is ahead of that of this device, in milliseconds. */
export function clockAheadMs(): number {
  return aheadMs
}

/** The time of the realm, in whole milliseconds since 1970 UTC, as commands tell it. */
export function now(here_ms = Date.now()): number {
  return Math.round(here_ms + aheadMs)
}

function civil(ms: number): Date {
  return new Date(ms + zoneS * 1000)
}

/** When a day such as `2021-04-16` begins in the realm, in milliseconds since 1970 UTC. */
export function startOf(date: string): number {
  return Date.parse(`${date}T00:00:00Z`) - zoneS * 1000
}

const two = (it: number) => String(it).padStart(2, '0')

/** The day of an instant, such as `2021-04-16`. */
export function day(ms: number): string {
  const it = civil(ms)
  return `${it.getUTCFullYear()}-${two(it.getUTCMonth() + 1)}-${two(it.getUTCDate())}`
}

/** The time of day of an instant, such as `15:30`. */
export function clock(ms: number): string {
  const it = civil(ms)
  return `${two(it.getUTCHours())}:${two(it.getUTCMinutes())}`
}

/** Day, weekday and time of an instant. */
export function moment(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return '—'
  return `${day(ms)} (${DAYS[language.value][civil(ms).getUTCDay()]}) ${clock(ms)}`
}

/** How long, in the two largest units: `2天3小时`, `2 d 3 h`. */
export function lasting(ms: number): string {
  const minutes = Math.max(0, Math.round(ms / 60_000))
  const [d, h, m] = [
    Math.floor(minutes / 1440),
    Math.floor((minutes % 1440) / 60),
    minutes % 60,
  ]
  const unit =
    language.value === 'zh'
      ? { d: '天', h: '小时', m: '分' }
      : { d: ' d ', h: ' h ', m: ' min' }
  const text =
    d > 0
      ? `${d}${unit.d}${h ? `${h}${unit.h}` : ''}`
      : h > 0
        ? `${h}${unit.h}${m ? `${m}${unit.m}` : ''}`
        : `${m}${unit.m}`
  return text.trim()
}
