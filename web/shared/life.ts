// A matter from end to end as the service tells it, in types, and how it is read.
import { api, told, type Schemas, type Text } from './api/client'
import { words } from './language'

/** A text that may have been erased. */
export type Shown = { text?: string; erased?: number } | 'none' | null | undefined

export interface Due {
  at: number
  rule: unknown
  unit: string
}

export interface Standing {
  stage: string
  is: string
  since: number
  responsible: string
  owner?: { role: string; unit: string; person?: string }
  due?: Due
  class: string
  weight_milli: number
  suspended?: boolean
}

/** A matter as it stands. */
export interface Matter {
  id: string
  version: number
  pack: string
  rev: number
  standing: Standing
  number?: string
  clear_number?: string
  title?: string
  form?: Record<string, unknown>
  place?: { at: { lon_e7: number; lat_e7: number }; accuracy_m?: number; source?: string }
  place_unit: string
  point?: string
  source: string
  opened_by: string
  opened_at: number
  cleared_at?: number
  handling?: { unit: string; person?: string; within: string; due: Due; extended: number }
  rework: number
  urged: number
  supervised?: 'blue' | 'yellow' | 'red'
  suspended_times: number
  asked?: unknown
  suspension?: { until?: number }
  overdue_at?: number
  disputed: boolean
  appeal?: unknown
  counts?: Record<string, number>
  parent?: string
  children?: { matter: string; unit: string; ended: boolean }[]
  merged_into?: string
  similar?: string[]
  rebounds?: number
  rebounded_as?: string
  measure?: string
  standard?: string
  duties?: { id: string; due?: Due; done_at?: number }[]
  /** Who took part in fixing it. */
  parts?: { unit: string; person?: string; how: string }[]
}

/** One act of the timeline. */
export interface Entry {
  seq: number
  at: number
  act: Text
  notes: Text[]
  said: { heading: Text; text: Shown }[]
  by: { account: string; person: string; unit?: string; role: string; via: string }
  name: Shown
  unit: { id: string; title: Text } | null
  scores: { unit: string; tariff: string; points_milli: number; fen: number }[]
  event: { what: unknown }
}

/** A stretch of time in one standing. */
export interface Span {
  from: number
  to: number | null
  stage: string
  meaning: string
  suspended: boolean
  responsible: string
  owner: string | null
  due: number | null
}

export interface Life {
  sight: string
  matter: Matter
  title: Shown
  stage: Text
  timeline: Entry[]
  spans: Span[]
  due: { at: number; rule: Text; provisional: boolean; because: Text[] } | null
  rebound_of: { id: string; number: string | null }[]
  texts: Record<string, Shown>
  acts: Schemas['Act'][]
}

export type Attached = Schemas['Attached']

/** Reads a matter from end to end. */
export async function readLife(id: string): Promise<Life> {
  const life = await told(api.GET('/api/v1/matters/{id}', { params: { path: { id } } }))
  return life as unknown as Life
}

/** Reads the files of a matter. */
export async function readFiles(id: string): Promise<Attached[]> {
  const path = { id }
  return (await told(api.GET('/api/v1/matters/{id}/files', { params: { path } }))).files
}

/** A text, or that it was erased; nothing where there is none. */
export function shown(it: Shown): string {
  if (!it || it === 'none') return ''
  if (it.text !== undefined) return it.text
  if (it.erased === undefined) return ''
  return words({
    zh: `（已由记录第 ${it.erased} 条删除）`,
    en: `(erased by entry ${it.erased})`,
  })
}

/** The text that a field of the form holds, where it holds one. */
export function fieldText(life: Life, field: string): string {
  const value = life.matter.form?.[field]
  if (value && typeof value === 'object' && 'ref' in value)
    return shown(life.texts[String(value.ref)])
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

/** Where a copy of a file is served. */
export const copyOf = (digest: string, copy: 'small' | 'large' | 'original') =>
  `/api/v1/files/${digest}/${copy}`

/** The newest picture of a slot that has arrived, else the newest that was declared. */
export function newest(files: readonly Attached[], slot: string): Attached | undefined {
  const of = files.filter((it) => it.slot === slot)
  const arrived = of.filter((it) => it.state === 'arrived')
  return arrived[arrived.length - 1] ?? of[of.length - 1]
}
