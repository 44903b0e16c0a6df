// Rows of matters in words, for pages beside the ledger.
import type { MatterRow } from '@/api/client'
import { words, wordsOf } from '@/language'
import { className } from '@/realm'
import { lasting, moment, now } from '@/time'

const say = wordsOf({
  left: ['还剩 {time}', '{time} left'],
  over: ['已超期 {time}', 'overdue by {time}'],
  no_due: ['没有时限', 'no deadline'],
  sealed: ['（涉密，不显示描述）', '(sealed; not shown in lists)'],
})

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
