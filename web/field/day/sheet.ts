// The day's sheet (日调度表): how yesterday went, how today stands, and who has most overdue. Each
// figure that a list can show carries the filter of that list, so that it opens to its records.
import { computed } from 'vue'
import { api, told } from '@/api/client'
import { packs } from '@/realm'
import { countBy, countRows } from '@/rows'
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

async function figure(filter: Filter): Promise<Figure> {
  return { count: await countRows(filter), filter }
}

async function flows(date: string): Promise<Record<Flow, Figure>> {
  const period = (what: string) => ({ [`${what}_from`]: date, [`${what}_to`]: date })
  const query = { from: date, to: date }
  const [opened, cleared, missed, rebounded, balance] = await Promise.all([
    figure(period('opened')),
    figure(period('cleared')),
    figure(period('overdue')),
    figure({ ...period('opened'), rebound: 'true' }),
    told(api.GET('/api/v1/ledger/balance', { params: { query } })),
  ])
  // The ledger alone knows on which day a matter was filed.
  const total = (balance.total || {}) as { filed?: number }
  const filed = { count: total.filed || 0, filter: null }
  return { opened, filed, cleared, missed, rebounded }
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
    countBy('unit', { standing: 'overdue' }),
    countBy('unit', { standing: 'open' }),
  ])
  const worst = Array.from(late)
    .filter(([unit]) => !!unit)
    .sort((a, b) => b[1] - a[1])
    .slice(0, WORST_MAX)
    .map(([unit, count]) => {
      const filter = { standing: 'overdue', unit }
      return { unit, figure: { count, filter }, open: all.get(unit) || 0 }
    })
  const stands = { open, overdue, due_today, declared: waiting }
  const sheet: Sheet = { at: Date.now(), yesterday: past, today: present, stands, worst }
  await shelf.value.write(KEPT, JSON.parse(JSON.stringify(sheet))).catch(() => undefined)
  return sheet
}

/** The sheet as it was read last. */
export const recallSheet = () => shelf.value.read<Sheet>(KEPT)
