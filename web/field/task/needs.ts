// The needs of a move, turned into what a form asks for and whether it was given.
import type { Place } from '@/outbox/item'
import type { Schemas } from '@/api/client'
import { offMetres } from '../capture/take'
import type { Filled, Offer } from './acts'
import type { Task } from './list'
import { checklistOf, packOf, placeOf, stateOf } from './matter'

export type Field = Schemas['Field']

/** A photo that a form asks for. */
export interface Slot {
  slot: string
  count: number
  near_m: number | null
  later_than: string | null
  /** Whether the matter has it already. */
  optional: boolean
}

/** What a form asks for. */
export interface Asked {
  slots: Slot[]
  fields: { field: Field; optional: boolean }[]
  note: boolean
  noteOptional: boolean
  reason: boolean
  checklist: boolean
  unit: boolean
  person: boolean
  /** What only the desk can give. */
  desk: boolean
}

interface PhotoNeed {
  slot: string
  count?: number
  near_m?: number | null
  later_than?: string | null
}

const DESK = ['payment', 'rows', 'checks', 'children']

/** What an act asks for, beside what the matter has already. */
export function askedFor(task: Task, offer: Offer): Asked {
  const state = stateOf(task)
  const pack = packOf(state)
  const asked: Asked = {
    slots: [],
    fields: [],
    note: false,
    noteOptional: offer.kind === 'kept' || offer.kind === 'rebounded',
    reason: false,
    checklist: false,
    unit: false,
    person: false,
    desk: false,
  }
  const has = (slot: string) => task.files.some((it) => it.slot === slot)
  for (const need of offer.needs as unknown[]) {
    if (typeof need === 'string') plain(asked, need, task)
    else if (need && typeof need === 'object') {
      const it = need as { photo?: PhotoNeed; document?: string; field?: string }
      if (it.photo) asked.slots.push(slotOf(it.photo, has))
      else if (it.document) {
        asked.slots.push(slotOf({ slot: it.document }, has))
      } else if (it.field) {
        const field = pack && pack.form.find((one) => one.id === it.field)
        const optional = state.form?.[it.field] !== undefined
        if (field) asked.fields.push({ field, optional })
      } else asked.desk = true
    }
  }
  if (offer.kind === 'kept') for (const it of asked.slots) it.optional = true
  // What is asked for comes before what is there already.
  asked.slots.sort((a, b) => Number(a.optional) - Number(b.optional))
  return asked
}

function slotOf(it: PhotoNeed, has: (slot: string) => boolean): Slot {
  const later_than = it.later_than || null
  return {
    slot: it.slot,
    count: it.count || 1,
    near_m: it.near_m || null,
    later_than,
    optional: !later_than && has(it.slot),
  }
}

function plain(asked: Asked, need: string, task: Task): void {
  const { handling } = stateOf(task)
  if (need === 'note') asked.note = true
  else if (need === 'reason') asked.reason = true
  else if (need === 'checklist') asked.checklist = checklistOf(stateOf(task)).length > 0
  else if (need === 'unit') asked.unit = true
  else if (need === 'person') asked.person = !(handling && handling.person)
  else if (need === 'signature')
    asked.slots.push({
      slot: 'signature',
      count: 1,
      near_m: null,
      later_than: null,
      optional: false,
    })
  else if (DESK.includes(need)) asked.desk = true
}

/** What is missing still, as keys of words with a name. */
export interface Lack {
  what: 'photo' | 'field' | 'note' | 'reason' | 'checklist' | 'unit' | 'person' | 'desk'
  name: string
}

export function lacks(
  asked: Asked,
  filled: Filled,
  items: number,
  fieldName: (it: Field) => string,
): Lack[] {
  const list: Lack[] = []
  for (const it of asked.slots) {
    const n = filled.photos.filter((shot) => shot.slot === it.slot).length
    if (!it.optional && n < it.count) list.push({ what: 'photo', name: it.slot })
  }
  for (const { field, optional } of asked.fields) {
    const value = filled.fields[field.id] || ''
    if (!optional && !value.trim()) list.push({ what: 'field', name: fieldName(field) })
  }
  if (asked.note && !filled.note.trim()) list.push({ what: 'note', name: '' })
  if (asked.reason && !filled.reason.trim()) list.push({ what: 'reason', name: '' })
  if (asked.checklist && filled.checklist.length < items)
    list.push({ what: 'checklist', name: String(items - filled.checklist.length) })
  if (asked.unit && !filled.unit) list.push({ what: 'unit', name: '' })
  if (asked.person && !filled.person) list.push({ what: 'person', name: '' })
  if (asked.desk) list.push({ what: 'desk', name: '' })
  return list
}

/** How far from the matter a photo was taken, in metres. */
export function offOf(task: Task, place: Place | null): number | null {
  const at = placeOf(stateOf(task))
  return at ? offMetres(at, place) : null
}

/** The values of fields as the service takes them. */
export function formOf(asked: Asked, filled: Filled): Record<string, unknown> {
  const form: Record<string, unknown> = {}
  for (const { field } of asked.fields) {
    const text = (filled.fields[field.id] || '').trim()
    if (text) form[field.id] = valueOf(field, text)
  }
  return form
}

function valueOf(field: Field, text: string): unknown {
  const { kind } = field
  if (kind === 'money') return Math.round(Number(text) * 100)
  if (kind === 'length' || kind === 'period') return Math.round(Number(text))
  if (typeof kind === 'object' && 'number' in kind) {
    return Math.round(Number(text) * 10 ** (kind.number.places || 0))
  }
  return text
}
