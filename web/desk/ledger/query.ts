// What the ledger shows, as the address holds it: filter, order, columns, name of the view.
import { computed, ref } from 'vue'
import { api, told } from '@/api/client'
import { useRoute, useRouter } from 'vue-router'
import { packs, type Pack } from '@/realm'

/** Keys of the filter, as the service names them. */
export const FILTERS = [
  'stage',
  'class',
  'source',
  'unit',
  'owner',
  'place_unit',
  'point',
  'person',
  'meaning',
  'supervised',
  'rework_min',
  'standing',
  'opened_from',
  'opened_to',
  'due_from',
  'due_to',
  'cleared_from',
  'cleared_to',
  'overdue_from',
  'overdue_to',
  'bbox',
] as const
export type FilterKey = (typeof FILTERS)[number]

export const SORTS = ['newest', 'oldest', 'due', 'overdue', 'changed', 'number'] as const
const MANY: readonly string[] = [
  'stage',
  'class',
  'source',
  'unit',
  'owner',
  'place_unit',
  'point',
  'person',
  'meaning',
  'supervised',
]

/** What clerks look at most, in the words of packs. */
const COMMON = [
  'row',
  'number',
  'stage',
  'class',
  'description',
  'responsible',
  'place_unit',
  'found_at',
  'due',
  'declared_at',
  'cleared_at',
  'overdue',
]
/** Where no pack says which columns there are. */
const PLAIN = ['number', 'stage', 'class', 'place_unit', 'responsible', 'description']

/** A column as addresses name it: `number`, or `field:remark` for a field of the form. */
export function showsOf(shows: unknown): string {
  if (typeof shows !== 'object' || shows === null) return String(shows)
  const [kind, name] = Object.entries(shows)[0] ?? []
  return `${kind}:${name}`
}

type Query = Record<string, string | string[] | number | undefined>

/** The beginning of a number, such as `HW-2104`. */
const NUMBER = /^[A-Za-z]{1,8}-[\w-]*$/

export function useLedgerQuery() {
  const route = useRoute()
  const router = useRouter()

  /** The pack whose columns are shown while none is chosen: the only one with matters. */
  const busiest = ref('')

  const one = (key: string): string => {
    const it = route.query[key]
    return String((Array.isArray(it) ? it[0] : it) ?? '')
  }
  const many = (key: string): string[] => {
    const it = route.query[key]
    return (Array.isArray(it) ? it : [it]).filter((one): one is string => !!one)
  }

  const pack = computed<Pack | undefined>(() => {
    const all = [...packs.value.values()]
    const only = all.length === 1 ? all[0] : packs.value.get(busiest.value)
    return packs.value.get(one('pack')) ?? only
  })
  const known = computed(
    () => pack.value?.ledger.map((it) => showsOf(it.shows)) ?? [...PLAIN, 'due', 'cleared_at'],
  )
  const columns = computed(() => {
    const asked = one('cols')
    if (asked === 'all') return known.value
    if (asked) return asked.split(',').filter(Boolean)
    const common = COMMON.filter((it) => known.value.includes(it))
    return common.length ? common : PLAIN
  })
  const sort = computed(() => one('sort') || 'newest')

  /** The filter as the service takes it; the same for rows, counts and exports. */
  const filter = computed<Query>(() => {
    const query: Query = {}
    if (one('pack')) query.pack = [one('pack')]
    for (const key of FILTERS) {
      if (MANY.includes(key)) {
        const values = many(key)
        if (values.length) query[key] = values
      } else if (one(key)) query[key] = key === 'rework_min' ? Number(one(key)) : one(key)
    }
    const q = one('q').trim()
    if (NUMBER.test(q)) query.number_prefix = q.toUpperCase()
    else if (q.length >= 2) query.q = q
    return query
  })

  /** Changes some of it; what is empty leaves the address. */
  function set(change: Record<string, string | string[] | undefined>): void {
    const query: Record<string, string | string[]> = {}
    for (const [key, value] of Object.entries({ ...route.query, ...change }))
      if (value && value.length) query[key] = value as string | string[]
    void router.replace({ query })
  }

  function clear(): void {
    const keep = ['tab', 'sort', 'cols', 'pack']
    const query: Record<string, string> = {}
    for (const key of keep) if (one(key)) query[key] = one(key)
    void router.replace({ query })
  }

  async function findBusiest(): Promise<void> {
    if (packs.value.size < 2) return
    const counts = await told(
      api.GET('/api/v1/counts', { params: { query: { by: ['pack'] } } }),
    )
    const some = counts.cells.filter((it) => it.count > 0)
    if (some.length === 1) busiest.value = some[0]?.keys[0] ?? ''
  }

  return { findBusiest, one, many, pack, known, columns, sort, filter, set, clear }
}

export type LedgerQuery = ReturnType<typeof useLedgerQuery>

/** A query as an address writes it. */
export function written(query: Query): string {
  const params = new URLSearchParams()
  for (const [key, value] of Object.entries(query))
    for (const one of Array.isArray(value) ? value : [value])
      if (one !== undefined && one !== '') params.append(key, String(one))
  return params.toString()
}
