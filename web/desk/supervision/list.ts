// What slips: read in the order in which it goes wrong, and grouped by how soon.
import { api, told, type MatterRow } from '@/api/client'
import { now } from '@/time'
import { countRows, type RowQuery } from '@/rows'

const DAY_MS = 86_400_000
/** How far ahead one looks, in days. */
const AHEAD_DAYS = 3
export const PAGE = 60

export const SHOWS = ['risk', 'overdue', 'soon', 'supervised'] as const
export type Show = (typeof SHOWS)[number]
export const LEVELS = ['red', 'yellow', 'blue'] as const

export interface Asked {
  show: Show
  unit?: string | undefined
  level?: string | undefined
}

export interface Slice {
  rows: MatterRow[]
  next: string | null
}

function filters({ show, unit, level }: Asked): RowQuery {
  const query: RowQuery = unit ? { unit: [unit] } : {}
  if (level) query.supervised = [level]
  else if (show === 'supervised') query.supervised = [...LEVELS]
  return query
}

/** A page of what slips. */
export async function readSlice(asked: Asked, cursor?: string): Promise<Slice> {
  const query = { ...filters(asked), limit: PAGE, ...(cursor ? { cursor } : {}) }
  if (asked.show === 'risk' || asked.show === 'overdue') {
    const days = asked.show === 'risk' ? AHEAD_DAYS : 0
    const params = { query: { ...query, days } as never }
    const page = await told(api.GET('/api/v1/due', { params }))
    return { rows: page.rows, next: page.next ?? null }
  }
  const due = asked.show === 'soon' ? ahead() : {}
  const params = { query: { ...query, ...due, standing: 'open', sort: 'due' } as never }
  const page = await told(api.GET('/api/v1/matters', { params }))
  return { rows: page.rows, next: page.next ?? null }
}

const ahead = () => ({
  due_from: String(Math.floor(now())),
  due_to: String(Math.floor(now() + AHEAD_DAYS * DAY_MS)),
})

/** How many there are of each kind, for the tabs. */
export async function countShows(asked: Asked): Promise<Record<Show, number>> {
  const of = (show: Show, more: RowQuery) =>
    countRows({ ...filters({ ...asked, show }), ...more })
  const [overdue, soon, supervised] = await Promise.all([
    of('overdue', { standing: 'overdue' }),
    of('soon', { standing: 'open', ...ahead() }),
    of('supervised', { standing: 'open' }),
  ])
  return { risk: overdue + soon, overdue, soon, supervised }
}

/** Rows under the heading of how soon they go wrong. */
export function grouped(rows: readonly MatterRow[]) {
  const at = now()
  const of = (row: MatterRow) => {
    if (row.due_at && row.due_at < at) return 'overdue' as const
    return row.due_at && row.due_at - at < DAY_MS ? ('last_hours' as const) : ('later' as const)
  }
  return (['overdue', 'last_hours', 'later'] as const)
    .map((key) => ({ key, rows: rows.filter((it) => of(it) === key) }))
    .filter((it) => it.rows.length > 0)
}
