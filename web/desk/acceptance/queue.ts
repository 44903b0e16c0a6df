// The queue of what awaits acceptance: read once, kept fresh, the next one read ahead.
import { computed, reactive, ref, shallowRef } from 'vue'
import { api, told, type MatterRow } from '@/api/client'
import { copyOf, newest, readFiles, readLife, type Attached, type Life } from '@/life'
import { readRules } from '@/realm'
import { onChange } from '../live'
import { faultOf, useAsked, type Fault } from '../parts/asked'

export interface Case {
  life: Life
  files: Attached[]
}

/** The queue shows so many; more come when these are judged. */
const QUEUE_MAX = 1000
const DAYS_AHEAD = 365

async function readQueue(): Promise<{ rows: MatterRow[]; isWhole: boolean }> {
  const query = {
    whose: 'unit',
    meaning: ['declared'],
    days: DAYS_AHEAD,
    limit: QUEUE_MAX,
  }
  const [page] = await Promise.all([
    told(api.GET('/api/v1/due', { params: { query } })),
    readRules(),
  ])
  return { rows: page.rows, isWhole: !page.next }
}

/** Reads photos ahead, so that they stand there when their turn comes. */
function readAhead(it: Case): void {
  for (const slot of ['before', 'after']) {
    const file = newest(it.files, slot)
    if (file?.state === 'arrived') new Image().src = copyOf(file.digest, 'large')
  }
}

export function useQueue() {
  const rows = shallowRef<MatterRow[]>([])
  const isWhole = ref(true)
  const current = ref('')
  const cases = reactive(new Map<string, Case>())
  const { fault, busy, ask } = useAsked(readQueue)
  const faults = reactive(new Map<string, string>())
  /** Why the one that should be shown is not. */
  const lost = ref<Fault | null>(null)
  const leaving = new Set<string>()

  const at = computed(() => rows.value.findIndex((it) => it.id === current.value))
  const now = computed(() => cases.get(current.value))

  async function load(): Promise<void> {
    const got = await ask()
    if (!got) return
    rows.value = got.rows.filter((it) => !leaving.has(it.id))
    isWhole.value = got.isWhole
    if (at.value < 0) show(rows.value[0]?.id ?? '')
  }

  async function read(id: string, fresh = false): Promise<Case | undefined> {
    if (!id) return undefined
    if (!fresh && cases.has(id)) return cases.get(id)
    const [life, files] = await Promise.all([readLife(id), readFiles(id)])
    const it = { life, files }
    cases.set(id, it)
    return it
  }

  function show(id: string): void {
    current.value = id
    lost.value = null
    read(id)
      .then(() => {
        const next = rows.value[at.value + 1]?.id
        return next ? read(next).then((it) => it && readAhead(it)) : undefined
      })
      .catch((error: unknown) => {
        if (current.value === id && !cases.has(id)) lost.value = faultOf(error)
      })
  }

  function step(by: number): void {
    const next = rows.value[at.value + by]
    if (next) show(next.id)
  }

  /** Takes one out of the queue, as it is being judged, and shows the next. */
  function take(id: string): void {
    const where = rows.value.findIndex((it) => it.id === id)
    leaving.add(id)
    const rest = rows.value.filter((it) => it.id !== id)
    rows.value = rest
    show((rest[where] ?? rest[where - 1])?.id ?? '')
  }

  /** Puts one back that could not be judged, and says why. */
  function putBack(row: MatterRow, why: string): void {
    leaving.delete(row.id)
    faults.set(row.id, why)
    rows.value = [row, ...rows.value]
    cases.delete(row.id)
    if (!current.value) show(row.id)
  }

  onChange((kind, data) => {
    const id = (data as { matter?: string }).matter ?? ''
    cases.delete(id)
    if (id === current.value) void read(id, true)
    if (kind === 'reset' || !leaving.has(id)) void load()
  })

  return {
    rows,
    isWhole,
    current,
    at,
    now,
    fault,
    busy,
    faults,
    lost,
    load,
    show,
    step,
    take,
    putBack,
  }
}
