// Overlaps and gaps between areas of one parent are found, and sound ones are left alone.
import { describe, expect, it } from 'vitest'
import type { Area } from '@/map/ground'
import { coverage } from './coverage'

const title = { zh: '', en: '' }
function square(id: string, parent: string | null, west: number, east: number): Area {
  const [south, north] = [34.9, 34.91]
  const ring = [
    [west, south],
    [east, south],
    [east, north],
    [west, north],
    [west, south],
  ]
  return {
    id,
    geometry: { type: 'Polygon', coordinates: [ring] },
    properties: { kind: 'grid', level: parent ? 4 : 3, parent, title },
  }
}
const village = square('v', null, 113, 113.02)

function check(areas: Area[], found: string[]): void {
  const told = coverage([village, ...areas]).map((it) => [it.kind, ...it.units].join(' '))
  expect(told).toEqual(found)
}

describe('coverage', () => {
  it('leaves areas alone that cover their parent once', () => {
    check([square('a', 'v', 113, 113.01), square('b', 'v', 113.01, 113.02)], [])
  })
  it('finds ground that two areas hold', () => {
    check([square('a', 'v', 113, 113.012), square('b', 'v', 113.01, 113.02)], ['overlap a b'])
  })
  it('finds ground that no area holds', () => {
    check([square('a', 'v', 113, 113.008), square('b', 'v', 113.01, 113.02)], ['gap'])
  })
  it('finds ground outside the parent', () => {
    check([square('a', 'v', 113, 113.01), square('b', 'v', 113.01, 113.021)], ['outside b'])
  })
  it('passes over slivers of outlines that were rounded', () => {
    check([square('a', 'v', 113, 113.01001), square('b', 'v', 113.01, 113.02)], [])
  })
  it('measures how much ground it is', () => {
    const [gap] = coverage([village, square('a', 'v', 113, 113.01)])
    expect(gap!.size_m2).toBeGreaterThan(1_000_000 * 0.98)
    expect(gap!.size_m2).toBeLessThan(1_020_000 * 1.02)
  })
})
