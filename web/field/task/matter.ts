// The parts of a matter that the phone works with; the service describes them loosely.
import type { Schemas, Text } from '@/api/client'
import { fromE7, type LonLat } from '@/geo'
import { packs, type Pack } from '@/realm'
import { photoOf } from '../capture/spot'
import type { Task } from './list'

export type Stage = Schemas['Stage']
export type Move = Schemas['Move']
export type Need = Schemas['Need']
export type File = Task['files'][number]

interface Standing {
  stage: string
  is: string
  class: string
  responsible: string
  since: number
}

/** A matter as it stands. */
export interface MatterState {
  id: string
  version: number
  pack: string
  number?: string | null
  clear_number?: string | null
  standing: Standing
  /** What was filled in; the service leaves out what is empty. */
  form?: Record<string, unknown>
  place?: { at: { lon_e7: number; lat_e7: number }; accuracy_m?: number } | null
  place_unit: string
  point?: string | null
  opened_at: number
  handling?: { unit: string; person?: string | null } | null
  rebound_of?: string | null
}

export const stateOf = (task: Task) => task.life.matter as unknown as MatterState

interface DueText {
  at: number
  rule: Text
  because: Text[]
  provisional: boolean
}

export const dueOf = (task: Task): DueText | null =>
  task.life.due && 'at' in task.life.due ? (task.life.due as unknown as DueText) : null

interface Said {
  heading: Text
  text: { text?: string; withheld?: string }
}

/** One thing that happened. */
export interface Happened {
  seq: number
  at: number
  act: Text
  notes: Text[]
  said: Said[]
  name?: { text?: string } | null
  unit?: { title: Text } | null
}

export const timelineOf = (task: Task) => task.life.timeline as unknown as Happened[]

export const titleOf = (task: Task): string => {
  const it = task.life.title as { text?: string } | null
  return (it && it.text) || ''
}

export const placeOf = (state: MatterState): LonLat | null =>
  state.place && state.place.at ? fromE7(state.place.at) : null

/** The text of a field, where it may be shown. */
export function fieldText(task: Task, id: string): string {
  const value = stateOf(task).form?.[id]
  if (value === undefined || value === null) return ''
  if (typeof value !== 'object') return String(value)
  const ref = (value as { ref?: string }).ref
  const texts = task.life.texts as Record<string, { text?: string }>
  const found = ref ? texts[ref] : undefined
  return (found && found.text) || ''
}

export const packOf = (state: MatterState): Pack | undefined => packs.value.get(state.pack)

/** Whether nobody outside the case may be told of matters of this kind. */
export const isSealed = (state: MatterState): boolean => {
  const pack = packOf(state)
  return !pack || pack.compartment === 'sealed'
}

const ENDS = ['closed', 'self_handled', 'merged', 'voided']

/** Whether a matter has ended. */
export const isEnded = (state: MatterState): boolean => ENDS.includes(state.standing.is)

export function classOf(state: MatterState) {
  const pack = packOf(state)
  return pack && pack.classes.find((it) => it.code === state.standing.class)
}

/** The items of the standard, in the order by which the service counts them. */
export function checklistOf(state: MatterState): Text[] {
  const found = classOf(state)
  if (!found) return []
  const zh = found.standard.zh.split('；').filter((it) => it.trim())
  const en = found.standard.en.split('；').filter((it) => it.trim())
  return zh.map((it, n) => ({ zh: it, en: en[n] || it }))
}

/** The slot of photos that show what was fixed. */
export function afterSlot(needs: Need[]): string {
  const found = needs.map(photoOf).find((it) => !!it && !!it.later_than)
  return found ? found.slot : 'after'
}

/** The newest photo of a slot. */
export function latest(files: File[], slot: string): File | undefined {
  const of = files.filter((it) => it.slot === slot && (!it.media || isPicture(it)))
  return of[of.length - 1]
}

const isPicture = (it: File) => !it.media || it.media.startsWith('image/')
