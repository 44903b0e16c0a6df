// What is to be done, kept on the phone: the matters that are due, and each from end to end.
import { computed, ref, shallowRef } from 'vue'
import { api, Refused, told, type MatterRow, type Schemas } from '@/api/client'
import { packs } from '@/realm'
import { now } from '@/time'
import { shelf } from '../device'
import { roles } from '../identity'
import { picture } from '../picture'

export type Life = Schemas['MatterLife']
export type Files = Schemas['AttachedFiles']['files']

/** A matter as it was read last. */
export interface Task {
  life: Life
  files: Files
  read_at: number
}

export const rows = shallowRef<MatterRow[]>([])
/** When the list was read last, by the clock of the device. */
export const listedAt = ref<number | null>(null)
export const listing = ref(false)
/** Whether the service has more than the list holds. */
export const more = ref(false)

const SOON_MS = 24 * 3_600_000
const LIST = 'task:list'
const LIST_MAX = 200
/** How many matters are kept whole for the time without a network. */
const WHOLE_MAX = 40

/** Whether the next move of a matter is this person's, by the roles of the pack. */
export function isMine(it: MatterRow): boolean {
  const pack = packs.value.get(it.pack)
  const stage = pack && pack.stages.find((one) => one.id === it.stage)
  if (!stage) return true
  if (stage.owner && roles.value.has(stage.owner.role)) return true
  const owner = stage.owner ? stage.owner.role : ''
  // Where nobody here owns the stage, whoever may lead out of it does.
  return stage.moves.some((move) => move.by.includes(owner) && move.by.some(holds))
}

const holds = (role: string) => roles.value.has(role)

export const mine = computed(() => rows.value.filter(isMine))
export const others = computed(() => rows.value.filter((it) => !isMine(it)))
/** How many are this person's and due within a day. */
export const dueNow = computed(
  () => mine.value.filter((it) => it.due_at && it.due_at - now() < SOON_MS).length,
)

export async function recallTasks(): Promise<void> {
  const kept = await shelf.value.read<{ rows: MatterRow[]; at: number }>(LIST)
  if (!kept) return
  rows.value = kept.rows
  listedAt.value = kept.at
}

async function due(whose: 'own' | 'unit') {
  const query = { whose, days: 365, limit: LIST_MAX }
  return told(api.GET('/api/v1/due', { params: { query } }))
}

/** Reads the list anew, and what belongs to it for the time without a network. */
export async function refreshTasks(): Promise<void> {
  if (listing.value) return
  listing.value = true
  try {
    const [own, unit] = await Promise.all([due('own'), due('unit')])
    const all = new Map<string, MatterRow>()
    for (const it of [...own.rows, ...unit.rows]) all.set(it.id, it)
    more.value = !!own.next || !!unit.next
    rows.value = Array.from(all.values()).sort((a, b) => dueOf(a) - dueOf(b))
    listedAt.value = Date.now()
    await shelf.value.write(LIST, { rows: rows.value, at: listedAt.value })
    void keepWhole()
  } finally {
    listing.value = false
  }
}

const dueOf = (it: MatterRow) => it.due_at || Number.MAX_SAFE_INTEGER

/** Whether this person asked the phone to be sparing. */
function savesData(): boolean {
  const it = (navigator as { connection?: { saveData?: boolean } }).connection
  return !!it && !!it.saveData
}

let keepingWhole = false

/** Reads the first of the list whole, one after the other, where they have changed. */
async function keepWhole(): Promise<void> {
  if (keepingWhole || savesData()) return
  keepingWhole = true
  try {
    for (const it of [...mine.value, ...others.value].slice(0, WHOLE_MAX)) {
      const kept = await shelf.value.read<Task>(`task:one:${it.id}`)
      const version = kept && (kept.life.matter as { version?: number }).version
      const task = version === it.version ? kept : await readTask(it.id)
      const before = task && task.files.find((file) => file.slot === 'before')
      if (before) await picture(before.digest, 'large')
    }
    await dropOld()
  } catch {
    // What could not be read is read when it is opened.
  } finally {
    keepingWhole = false
  }
}

async function dropOld(): Promise<void> {
  const wanted = new Set(rows.value.map((it) => `task:one:${it.id}`))
  for (const key of await shelf.value.keys('task:one:')) {
    const kept = wanted.has(key) ? null : await shelf.value.read<Task>(key)
    if (kept && Date.now() - kept.read_at > 3 * SOON_MS) await shelf.value.erase(key)
  }
}

/** A matter as it was read last. */
export function recallTask(id: string): Promise<Task | undefined> {
  return shelf.value.read<Task>(`task:one:${id}`)
}

/** Reads a matter anew. */
export async function readTask(id: string): Promise<Task> {
  const path = { id }
  const [life, attached] = await Promise.all([
    told(api.GET('/api/v1/matters/{id}', { params: { path } })),
    told(api.GET('/api/v1/matters/{id}/files', { params: { path } })).catch((error) => {
      if (error instanceof Refused) return { files: [] }
      throw error
    }),
  ])
  const task: Task = { life, files: attached.files, read_at: Date.now() }
  await shelf.value.write(`task:one:${id}`, JSON.parse(JSON.stringify(task)))
  return task
}
