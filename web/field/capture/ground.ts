// What stands at a place, as far as this phone knows: the grid, the unit and the named point.
import type { Text } from '@/api/client'
import { fromE7, holds, metres, type LonLat } from '@/geo'
import { units, type Pack } from '@/realm'
import { areas, points, type Area, type NamedPoint } from '../rules'

/** So far around a place, a named point is suggested. */
export const POINT_NEAR_M = 60

export interface Ground {
  /** The smallest area that holds the place. */
  grid: Area | null
  /** The unit that answers for the grid: the one above it. */
  unit: string | null
  point: NamedPoint | null
  /** How far the point is away. */
  point_m: number
}

const boxes = new WeakMap<Area, [number, number, number, number]>()

/** West, south, east and north of an area. */
export function boxOf(area: Area): [number, number, number, number] {
  const known = boxes.get(area)
  if (known) return known
  const box: [number, number, number, number] = [180, 90, -180, -90]
  const { geometry } = area
  const polygons = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates
  for (const polygon of polygons) {
    for (const [lon, lat] of polygon[0] || []) {
      box[0] = Math.min(box[0], lon!)
      box[1] = Math.min(box[1], lat!)
      box[2] = Math.max(box[2], lon!)
      box[3] = Math.max(box[3], lat!)
    }
  }
  boxes.set(area, box)
  return box
}

const inBox = (box: number[], at: LonLat) =>
  at.lon >= box[0]! && at.lat >= box[1]! && at.lon <= box[2]! && at.lat <= box[3]!

/** The smallest area that holds a place. */
export function gridAt(at: LonLat): Area | null {
  let best: Area | null = null
  for (const it of areas.value) {
    if (best && it.properties.level <= best.properties.level) continue
    if (inBox(boxOf(it), at) && holds(it.geometry, at)) best = it
  }
  return best
}

/** Named points around a place, the nearest first. */
export function pointsNear(at: LonLat, most_m: number): { point: NamedPoint; m: number }[] {
  return points.value
    .map((point) => ({ point, m: metres(at, fromE7(point.at)) }))
    .filter((it) => it.m <= most_m)
    .sort((a, b) => a.m - b.m)
}

/** What stands at a place. */
export function groundAt(at: LonLat): Ground {
  const grid = gridAt(at)
  const near = pointsNear(at, POINT_NEAR_M)[0]
  return {
    grid,
    unit: grid ? grid.properties.parent || grid.id : null,
    point: near ? near.point : null,
    point_m: near ? near.m : 0,
  }
}

/** Whom the pack suggests as responsible for a class at a place. */
export function suggested(pack: Pack, code: string | null, ground: Ground): string | null {
  const found = (pack.classes || []).find((it) => it.code === code)
  const owner = found ? found.owner : 'point'
  const atPoint = ground.point ? ground.point.unit : ground.unit
  if (owner === 'point') return atPoint
  if (owner === 'place') return ground.unit
  return withFunction((owner as { function: string }).function, ground.unit) || ground.unit
}

/** The nearest unit above, or beside one above, that has a function. */
function withFunction(what: string, from: string | null): string | null {
  for (let id = from; id;) {
    const here = units.value.get(id)
    if (!here) return null
    if (here.functions.includes(what)) return id
    for (const it of units.value.values()) {
      if (it.parent === id && it.functions.includes(what)) return it.id
    }
    id = here.parent || null
  }
  return null
}

/** The name of an area. */
export function areaTitle(area: Area | null): Text | null {
  return area ? area.properties.title : null
}
