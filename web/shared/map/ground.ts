// The ground of the realm's units: outlines as the service tells them, read once and kept.
import { shallowRef } from 'vue'
import { api, told, type Text } from '../api/client'

export type Ring = number[][]
export type Shape =
  { type: 'Polygon'; coordinates: Ring[] } | { type: 'MultiPolygon'; coordinates: Ring[][] }

/** The outline of one unit. */
export interface Area {
  id: string
  geometry: Shape
  properties: { kind: string; level: number; parent?: string | null; title: Text }
}

/** West, south, east, north in degrees. */
export type Box = [west: number, south: number, east: number, north: number]

export const ground = shallowRef<Area[]>([])

let reading: Promise<Area[]> | null = null

/** Reads the outlines; again where `fresh`. */
export async function readGround(fresh = false): Promise<Area[]> {
  if (fresh) reading = null
  reading ??= told(api.GET('/api/v1/areas')).then((it) => {
    ground.value = (it as unknown as { features: Area[] }).features
    return ground.value
  })
  try {
    return await reading
  } catch (error) {
    reading = null
    throw error
  }
}

/** Takes over outlines that a device has kept. */
export function keepGround(areas: Area[]): void {
  ground.value = areas
  reading = Promise.resolve(areas)
}

/** The polygons of a shape. */
export function polygonsOf(shape: Shape): Ring[][] {
  return shape.type === 'Polygon' ? [shape.coordinates] : shape.coordinates
}

/** The box around some shapes; nothing where there are none. */
export function boxOf(shapes: readonly Shape[]): Box | null {
  let box: Box | null = null
  for (const shape of shapes)
    for (const polygon of polygonsOf(shape))
      for (const [x, y] of polygon[0] ?? []) box = grown(box, x!, y!)
  return box
}

/** A box that holds a point, too. */
export function grown(box: Box | null, x: number, y: number): Box {
  if (!box) return [x, y, x, y]
  return [Math.min(box[0], x), Math.min(box[1], y), Math.max(box[2], x), Math.max(box[3], y)]
}

/** Where the name of a shape stands: the middle of its largest polygon. */
export function middleOf(shape: Shape): [number, number] {
  let best: [number, number] = [0, 0]
  let most = -1
  for (const [outer] of polygonsOf(shape)) {
    const { size, at } = centroid(outer ?? [])
    if (size > most) [most, best] = [size, at]
  }
  return best
}

function centroid(ring: Ring): { size: number; at: [number, number] } {
  let [twice, x, y] = [0, 0, 0]
  const [x0, y0] = ring[0] ?? [0, 0]
  for (let i = 0; i + 1 < ring.length; i += 1) {
    // Told from the first corner, so that no digits are lost.
    const [ax, ay] = [ring[i]![0]! - x0!, ring[i]![1]! - y0!]
    const [bx, by] = [ring[i + 1]![0]! - x0!, ring[i + 1]![1]! - y0!]
    const cross = ax * by - bx * ay
    twice += cross
    x += (ax + bx) * cross
    y += (ay + by) * cross
  }
  if (twice === 0) return { size: 0, at: [x0!, y0!] }
  return { size: Math.abs(twice), at: [x0! + x / (3 * twice), y0! + y / (3 * twice)] }
}

/** The box of what a map of the realm shows first: its smallest whole that is not the realm. */
export function homeBox(areas: readonly Area[]): Box | null {
  return boxOf(areas.map((it) => it.geometry))
}
