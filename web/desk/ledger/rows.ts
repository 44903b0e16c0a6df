// The rows of the ledger, read page by page as one scrolls. A row has its place by its number, so
// that a table can be drawn of rows that are not there yet.
import { computed, ref, shallowRef } from 'vue'
import { api, told, type Schemas } from '@/api/client'
import { language } from '@/language'
import { now } from '@/time'
import { faultOf, type Fault } from '../parts/asked'
import type { LedgerQuery } from './query'

export type Column = Schemas['ColumnShown']
export interface LedgerRow {
  id: string
  cells: (string | number | null)[]
}

/** The first page is small, so that it stands there at once. */
const FIRST = 100
const PAGE = 1000
/** Read beside what is asked for, to colour the state. */
const ALSO = ['stage', 'due']

export function useRows(query: LedgerQuery) {
  const rows = shallowRef<LedgerRow[]>([])
  const columns = shallowRef<Column[]>([])
  const total = ref<number | null>(null)
  const meanings = shallowRef<Record<string, number>>({})
  const asOf = ref(0)
  const fault = ref<Fault | null>(null)
  const busy = ref(false)
  let next: string | null = null
  let wanted = 0
  let round = 0

  const asked = computed(() => [
    ...query.columns.value,
    ...ALSO.filter((it) => !query.columns.value.includes(it)),
  ])
  const count = computed(() => {
    const loaded = rows.value.length
    return next === null && !busy.value ? loaded : Math.max(total.value ?? 0, loaded)
  })

  async function page(limit: number, cursor?: string) {
    const filter = { ...query.filter.value } as Record<string, never>
    const params = {
      ...filter,
      sort: query.sort.value,
      columns: asked.value.join(','),
      lang: language.value,
      limit,
      ...(cursor ? { cursor } : {}),
    }
    return told(api.GET('/api/v1/ledger', { params: { query: params } }))
  }

  async function sum(mine: number): Promise<void> {
    const filter = { ...query.filter.value } as Record<string, never>
    const params = { ...filter, by: ['meaning'] }
    const told_ = await told(api.GET('/api/v1/counts', { params: { query: params } }))
    if (mine !== round) return
    total.value = told_.total
    meanings.value = Object.fromEntries(told_.cells.map((it) => [it.keys[0] ?? '', it.count]))
  }

  async function reload(): Promise<void> {
    const mine = ++round
    busy.value = true
    fault.value = null
    total.value = null
    wanted = 0
    try {
      const [first] = await Promise.all([page(FIRST), sum(mine)])
      if (mine !== round) return
      columns.value = first.columns
      rows.value = first.rows as LedgerRow[]
      next = first.next ?? null
      asOf.value = now()
    } catch (error) {
      if (mine === round) fault.value = faultOf(error)
    } finally {
      if (mine === round) busy.value = false
    }
  }

  /** Reads on until a row is there; one reading at a time. */
  async function need(index: number): Promise<void> {
    wanted = Math.max(wanted, index)
    if (busy.value) return
    const mine = round
    busy.value = true
    try {
      while (next !== null && rows.value.length <= wanted && mine === round) {
        const more: Schemas['LedgerPage'] = await page(PAGE, next)
        if (mine !== round) return
        rows.value = rows.value.concat(more.rows as LedgerRow[])
        next = more.next ?? null
      }
      fault.value = null
    } catch (error) {
      if (mine === round) fault.value = faultOf(error)
    } finally {
      if (mine === round) busy.value = false
    }
  }

  return { rows, columns, total, meanings, asOf, count, fault, busy, reload, need }
}
