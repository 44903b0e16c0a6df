// A queue of matters to be judged: read once, kept fresh, the next one read ahead.
import { computed, reactive, ref, shallowRef } from 'vue'
import { copyOf, newest, readFiles, readLife, type Attached, type Life } from '@/life'
import { readRules } from '@/realm'
import { onChange } from '../live'
import { faultOf, useAsked, type Fault } from '../parts/asked'

export interface Case {
  life: Life
  files: Attached[]
}

/** Rows of a queue, and whether these are all that there are. */
export interface Queued<R> {
  rows: R[]
  isWhole: boolean
}

/** Reads photos ahead, so that they stand there when their turn comes. */
function readAhead(it: Case): void {
  for (const slot of ['before', 'after']) {
    const file = newest(it.files, slot)
    if (file?.state === 'arrived') new Image().src = copyOf(file.digest, 'large')
  }
}

/** A queue of rows, each of which stands for a matter. */
export function useQueue<R extends { id: string }>(
  readRows: () => Promise<Queued<R>>,
  matterOf: (row: R) => string,
) {
  const rows = shallowRef<R[]>([])
  const isWhole = ref(true)
  const current = ref('')
  const cases = reactive(new Map<string, Case>())
  const { fault, busy, ask } = useAsked(async () => {
    const [queued] = await Promise.all([readRows(), readRules()])
    return queued
  })
  const faults = reactive(new Map<string, string>())
  /** Why the one that should be shown is not. */
  const lost = ref<Fault | null>(null)
  /** What is being judged, and the matters of it. */
  const leaving = new Map<string, string>()

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
    const row = rows.value.find((it) => it.id === id)
    if (!row) return undefined
    if (!fresh && cases.has(id)) return cases.get(id)
    const matter = matterOf(row)
    const [life, files] = await Promise.all([readLife(matter), readFiles(matter)])
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
    if (rows.value[where]) leaving.set(id, matterOf(rows.value[where]))
    const rest = rows.value.filter((it) => it.id !== id)
    rows.value = rest
    show((rest[where] ?? rest[where - 1])?.id ?? '')
  }

  /** Puts one back that could not be judged, and says why. */
  function putBack(row: R, why: string): void {
    leaving.delete(row.id)
    faults.set(row.id, why)
    rows.value = [row, ...rows.value]
    cases.delete(row.id)
    if (!current.value) show(row.id)
  }

  onChange((kind, data) => {
    const matter = (data as { matter?: string }).matter ?? ''
    const id = rows.value.find((it) => matterOf(it) === matter)?.id ?? ''
    cases.delete(id)
    if (id === current.value) void read(id, true)
    if (kind === 'reset' || ![...leaving.values()].includes(matter)) void load()
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

export type Queue<R extends { id: string }> = ReturnType<typeof useQueue<R>>
