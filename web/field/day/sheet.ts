// The day's sheet (日调度表): how yesterday went, how today stands, and who has most overdue. Each
// figure that a list can show carries the filter of that list, so that it opens to its records.
import { computed } from 'vue'
import { api, told, type MatterRow } from '@/api/client'
import { packs } from '@/realm'
import { day, now } from '@/time'
import { shelf } from '../device'
import { roles } from '../identity'

const DAY_MS = 86_400_000
const KEPT = 'task:day'
/** How many units are listed. */
const WORST_MAX = 5

/** A filter of matters, as an address carries it. */
export type Filter = Record<string, string>

/** A count, and the list that it opens to where there is one. */
export interface Figure {
  count: number
  filter: Filter | null
}

/** What is told of a day, in the order of the sheet. */
export const FLOWS = ['opened', 'filed', 'cleared', 'missed', 'rebounded'] as const
/** What is told of this moment. */
export const STANDS = ['open', 'overdue', 'due_today', 'declared'] as const
type Flow = (typeof FLOWS)[number]
type Standing = (typeof STANDS)[number]

export interface Sheet {
  at: number
  yesterday: Record<Flow, Figure>
  today: Record<Flow, Figure>
  stands: Record<Standing, Figure>
  /** Units with most overdue, the worst first. */
  worst: { unit: string; figure: Figure; open: number }[]
}

/** Whether somebody has the sheet: those who may supervise anywhere. */
export const hasSheet = computed(() =>
  Array.from(packs.value.values()).some((pack) =>
    pack.stages.some((it) => it.allow.supervise.some((role) => roles.value.has(role))),
  ),
)

async function counted(filter: Filter, by?: string) {
  const query = { ...filter, ...(by ? { by: [by] } : {}) } as never
  return told(api.GET('/api/v1/counts', { params: { query } }))
}

async function figure(filter: Filter): Promise<Figure> {
  return { count: (await counted(filter)).total, filter }
}

async function flows(date: string): Promise<Record<Flow, Figure>> {
  const period = (what: string) => ({ [`${what}_from`]: date, [`${what}_to`]: date })
  const query = { from: date, to: date }
  const [opened, cleared, missed, balance] = await Promise.all([
    figure(period('opened')),
    figure(period('cleared')),
    figure(period('overdue')),
    told(api.GET('/api/v1/ledger/balance', { params: { query } })),
  ])
  // The ledger alone knows what entered it, and as what.
  const total = (balance.total || {}) as { filed?: number; rebounded?: number }
  const plain = (count: number | undefined) => ({ count: count || 0, filter: null })
  return {
    ...{ opened, cleared, missed },
    ...{ filed: plain(total.filed), rebounded: plain(total.rebounded) },
  }
}

/** Reads the sheet anew. */
export async function readSheet(): Promise<Sheet> {
  const today = day(now())
  const declared = { standing: 'open', meaning: 'declared' }
  const dueToday = { standing: 'open', due_from: String(Math.floor(now())), due_to: today }
  const [past, present, open, overdue, due_today, waiting, late, all] = await Promise.all([
    flows(day(now() - DAY_MS)),
    flows(today),
    figure({ standing: 'open' }),
    figure({ standing: 'overdue' }),
    figure(dueToday),
    figure(declared),
    counted({ standing: 'overdue' }, 'unit'),
    counted({ standing: 'open' }, 'unit'),
  ])
  const openOf = new Map(all.cells.map((it) => [it.keys[0], it.count]))
  const named = late.cells.filter((it) => !!it.keys[0])
  const worst = named
    .sort((a, b) => b.count - a.count)
    .slice(0, WORST_MAX)
    .map((it) => {
      const unit = it.keys[0]!
      const filter = { standing: 'overdue', unit }
      return { unit, figure: { count: it.count, filter }, open: openOf.get(unit) || 0 }
    })
  const stands = { open, overdue, due_today, declared: waiting }
  const sheet: Sheet = { at: Date.now(), yesterday: past, today: present, stands, worst }
  await shelf.value.write(KEPT, JSON.parse(JSON.stringify(sheet))).catch(() => undefined)
  return sheet
}

/** The sheet as it was read last. */
export const recallSheet = () => shelf.value.read<Sheet>(KEPT)

/** How many matters a list has. */
export const countFound = async (filter: Filter) => (await counted(filter)).total

/** A page of the list that a figure opens to. */
export async function readFound(
  filter: Filter,
  cursor: string | null,
): Promise<{ rows: MatterRow[]; next: string | null }> {
  const query = { ...filter, limit: 50, ...(cursor ? { cursor } : {}) } as never
  const page = await told(api.GET('/api/v1/matters', { params: { query } }))
  return { rows: page.rows, next: page.next || null }
}
