// Lists of matters for pages beside the ledger: read, counted and put in words.
import { api, told, type MatterRow } from '@/api/client'
import { words, wordsOf } from '@/language'
import { className } from '@/realm'
import { lasting, moment, now } from '@/time'

/** Filters of a list, as the service takes them. */
export type RowQuery = Record<string, string | number | string[] | undefined>

const say = wordsOf({
  left: ['还剩 {time}', '{time} left'],
  over: ['已超期 {time}', 'overdue by {time}'],
  no_due: ['没有时限', 'no deadline'],
  sealed: ['（涉密，不显示描述）', '(sealed; not shown in lists)'],
})

const kept = (query: RowQuery) =>
  Object.fromEntries(
    Object.entries(query).filter(([, it]) => it !== undefined && it !== ''),
  ) as never

/** A page of matters. */
export async function readRows(query: RowQuery): Promise<MatterRow[]> {
  return (await told(api.GET('/api/v1/matters', { params: { query: kept(query) } }))).rows
}

/** How many there are. */
export async function countRows(query: RowQuery): Promise<number> {
  return (await told(api.GET('/api/v1/counts', { params: { query: kept(query) } }))).total
}

/** How many there are of each key. */
export async function countBy(by: string, query: RowQuery): Promise<Map<string, number>> {
  const asked = kept({ ...query, by: [by] })
  const counts = await told(api.GET('/api/v1/counts', { params: { query: asked } }))
  return new Map(counts.cells.map((it) => [it.keys[0] ?? '', it.count]))
}

/** What a row is called: its words, else its class. */
export function rowTitle(row: MatterRow): string {
  if (row.title) return row.title
  return row.title_withheld ? say('sealed') : className(row.pack, row.class)
}

/** The point of a row. */
export function rowPoint(row: MatterRow): string {
  return words(row.point_title as { zh?: string; en?: string } | null)
}

/** How a row stands to its deadline, and when that is. */
export function rowDue(row: MatterRow): string {
  if (row.due_at === null || row.due_at === undefined) return say('no_due')
  const left = row.due_at - now()
  const time = lasting(Math.abs(left))
  return left < 0 ? say('over', { time }) : say('left', { time })
}

export const rowDueAt = (row: MatterRow) => moment(row.due_at)
