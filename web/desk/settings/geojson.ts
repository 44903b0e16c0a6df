// A GeoJSON file of outlines, matched with units before anything is written.
import type { Schemas } from '@/api/client'
import { polygonsOf, type Area, type Shape } from '@/map/ground'
import type { Unit } from '@/realm'

export interface Outline {
  unit: string
  isKnown: boolean
  corners: number
  geometry: Shape
}

interface Feature {
  id?: unknown
  properties?: Record<string, unknown> | null
  geometry?: { type?: string } | null
}

/** The outlines of a file; a feature is known by `id`, else by its property `id` or `unit`. */
export function outlinesOf(text: string, units: ReadonlyMap<string, Unit>): Outline[] | null {
  let read: { type?: string; features?: Feature[] }
  try {
    read = JSON.parse(text) as typeof read
  } catch {
    return null
  }
  const features = read.type === 'Feature' ? [read as Feature] : (read.features ?? [])
  return features.flatMap((it) => {
    const type = it.geometry?.type
    if (type !== 'Polygon' && type !== 'MultiPolygon') return []
    const unit = String(it.id ?? it.properties?.id ?? it.properties?.unit ?? '')
    const geometry = it.geometry as unknown as Shape
    const corners = polygonsOf(geometry).flat(2).length
    return [{ unit, isKnown: units.has(unit), corners, geometry }]
  })
}

/** The same as the service takes it. */
export const inputsOf = (outlines: readonly Outline[], datum: Schemas['Datum']) =>
  outlines.map((it) => ({ unit: it.unit, datum, geometry: it.geometry as never }))

/** The areas as they would be with some outlines instead. */
export function merged(
  areas: readonly Area[],
  outlines: readonly { unit: string; geometry: Shape }[],
  units: ReadonlyMap<string, Unit>,
): Area[] {
  const all = new Map(areas.map((it) => [it.id, it]))
  for (const { unit: id, geometry } of outlines) {
    const unit = units.get(id)
    if (!unit) continue
    const level = unit.scope.split('/').filter(Boolean).length
    const properties = { kind: unit.kind, level, parent: unit.parent, title: unit.title }
    all.set(id, { id, geometry, properties })
  }
  return [...all.values()]
}
