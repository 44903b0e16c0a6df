// A file of outlines is matched with units before anything is written.
import { describe, expect, it } from 'vitest'
import type { Unit } from '@/realm'
import { merged, outlinesOf } from './geojson'

const unit = {
  id: 'v',
  kind: 'village',
  parent: 'town',
  scope: 'district/town/v/',
  title: { zh: '村', en: 'Village' },
  functions: [],
  has_area: false,
  initials: 'c',
} as Unit
const units = new Map([['v', unit]])
const ring = [
  [113, 34],
  [113.1, 34],
  [113.1, 34.1],
  [113, 34],
]
const geometry = { type: 'Polygon' as const, coordinates: [ring] }
const file = (...features: unknown[]) => JSON.stringify({ type: 'FeatureCollection', features })

describe('a GeoJSON file', () => {
  it('finds the unit by id or by a property', () => {
    const read = outlinesOf(
      file(
        { type: 'Feature', id: 'v', geometry },
        { type: 'Feature', properties: { unit: 'v' }, geometry },
        { type: 'Feature', properties: { id: 'nobody' }, geometry },
      ),
      units,
    )!
    expect(read.map((it) => [it.unit, it.isKnown])).toEqual([
      ['v', true],
      ['v', true],
      ['nobody', false],
    ])
  })
  it('passes over what is no ground, and tells what is no GeoJSON', () => {
    const point = { type: 'Feature', id: 'v', geometry: { type: 'Point', coordinates: [1, 2] } }
    expect(outlinesOf(file(point), units)).toEqual([])
    expect(outlinesOf('not at all', units)).toBeNull()
  })
  it('takes the place of what is known, for the report', () => {
    const [area] = merged([], [{ unit: 'v', geometry }], units)
    expect(area!.properties).toMatchObject({ parent: 'town', level: 3 })
  })
})
