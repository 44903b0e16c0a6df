// A cell of the ledger in words.
import type { Schemas } from '@/api/client'
import { moment } from '@/time'
import { say } from './words'

type Column = Schemas['ColumnShown']

/** Columns that name photos by their digests. */
const PHOTOS = ['before', 'after_photo']
const DIGEST = /[0-9a-f]{64}/g

export function cellText(column: Column, value: unknown, index: number): string {
  if (column.shows === 'row') return String(index + 1)
  if (value === null || value === undefined || value === '') return ''
  if (column.kind === 'moment') return moment(Number(value))
  if (column.kind === 'milli') return String(Number(value) / 1000)
  if (PHOTOS.includes(column.shows)) {
    const n = String(value).match(DIGEST)?.length ?? 0
    return n ? say('photos', { n }) : String(value)
  }
  return String(value)
}

const WIDTHS: Record<string, number> = {
  row: 64,
  number: 140,
  stage: 130,
  class: 120,
  description: 240,
  measure: 240,
  standard: 240,
  place_unit: 150,
  coordinates: 210,
  overdue: 90,
  before: 90,
  after_photo: 90,
}

/** How wide a column is unless somebody made it otherwise, in pixels. */
export function widthOf(column: Column): number {
  return WIDTHS[column.shows] ?? (column.kind === 'moment' ? 178 : 140)
}
