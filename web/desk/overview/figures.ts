// The figures of a day: each says how it was counted, so that it opens to its records.
import { api, told } from '@/api/client'
import { day, now } from '@/time'
import { countBy, countRows, type RowQuery } from '@/rows'

const DAY_MS = 86_400_000
/** Before the first matter of any realm. */
const EVER = '2000-01-01'

/** A figure and the filter that it counts. */
export interface Figure {
  key: FigureKey
  query: RowQuery
  count: number
}

export type FigureKey =
  | 'open'
  | 'due_today'
  | 'overdue'
  | 'declared'
  | 'suspended'
  | 'rework'
  | 'opened_yesterday'
  | 'cleared_yesterday'
  | 'overdue_yesterday'
  | 'opened_today'
  | 'cleared_today'
  | 'cleared_week'

/** Days as the figures name them. */
export function daysOf(at_ms: number) {
  const weekday = (new Date(`${day(at_ms)}T00:00:00Z`).getUTCDay() + 6) % 7
  return {
    today: day(at_ms),
    yesterday: day(at_ms - DAY_MS),
    monday: day(at_ms - weekday * DAY_MS),
    back: (days: number) => day(at_ms - days * DAY_MS),
  }
}

function queries(): Record<FigureKey, RowQuery> {
  const { today, yesterday, monday } = daysOf(now())
  return {
    open: { standing: 'open' },
    due_today: { standing: 'open', due_from: String(Math.floor(now())), due_to: today },
    overdue: { standing: 'overdue' },
    declared: { standing: 'open', meaning: ['declared', 'verifying'] },
    suspended: { standing: 'suspended' },
    rework: { standing: 'open', rework_min: 1 },
    opened_yesterday: { opened_from: yesterday, opened_to: yesterday },
    cleared_yesterday: { cleared_from: yesterday, cleared_to: yesterday },
    overdue_yesterday: { overdue_from: yesterday, overdue_to: yesterday },
    opened_today: { opened_from: today, opened_to: today },
    cleared_today: { cleared_from: today, cleared_to: today },
    cleared_week: { cleared_from: monday, cleared_to: today },
  }
}

/** Reads some figures, in the order in which they are asked for. */
export async function readFigures(keys: readonly FigureKey[]): Promise<Figure[]> {
  const all = queries()
  return Promise.all(
    keys.map(async (key) => ({ key, query: all[key], count: await countRows(all[key]) })),
  )
}

/** What one unit has. */
export interface UnitLine {
  unit: string
  open: number
  overdue: number
  cleared: number
  onTime: number
}

/** What each responsible unit has, and cleared in the days before today. */
export async function readUnitLines(days: number): Promise<UnitLine[]> {
  const { back, yesterday } = daysOf(now())
  const cleared = { cleared_from: back(days), cleared_to: yesterday }
  const [open, overdue, done, late] = await Promise.all([
    countBy('unit', { standing: 'open' }),
    countBy('unit', { standing: 'overdue' }),
    countBy('unit', cleared),
    countBy('unit', { ...cleared, overdue_from: EVER }),
  ])
  const units = new Set([...open.keys(), ...done.keys()])
  units.delete('')
  return [...units].map((unit) => ({
    unit,
    open: open.get(unit) ?? 0,
    overdue: overdue.get(unit) ?? 0,
    cleared: done.get(unit) ?? 0,
    onTime: (done.get(unit) ?? 0) - (late.get(unit) ?? 0),
  }))
}

/** How many came back in the days before today; the balance of the ledger alone counts them. */
export async function countRebounds(days: number): Promise<number> {
  const { back, yesterday } = daysOf(now())
  const query = { from: back(days), to: yesterday }
  const balance = await told(api.GET('/api/v1/ledger/balance', { params: { query } }))
  return (balance.total as { rebounded?: number } | null)?.rebounded ?? 0
}

/** What was opened and cleared on a day. */
export interface DayLine {
  day: string
  opened: number
  cleared: number
}

/** The last days, the oldest first; today is the last. */
export async function readDays(days: number): Promise<DayLine[]> {
  const { back, today } = daysOf(now())
  const from = back(days - 1)
  const [opened, cleared] = await Promise.all([
    countBy('opened_day', { opened_from: from, opened_to: today }),
    countBy('cleared_day', { cleared_from: from, cleared_to: today }),
  ])
  return Array.from({ length: days }, (_, at) => back(days - 1 - at)).map((it) => ({
    day: it,
    opened: opened.get(it) ?? 0,
    cleared: cleared.get(it) ?? 0,
  }))
}
