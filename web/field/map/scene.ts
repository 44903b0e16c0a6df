// What the map shows, whichever way it is drawn.
import { computed } from 'vue'
import { fromE7, type LonLat } from '@/geo'
import { className, stageName } from '@/realm'
import { now } from '@/time'
import { boxOf } from '../capture/ground'
import { me } from '../identity'
import { areas, points, type Area } from '../rules'
import { rows } from '../task/list'

export type Box = [west: number, south: number, east: number, north: number]

/** A matter with a place. */
export interface Dot {
  id: string
  at: LonLat
  title: string
  stage: string
  state: 'red' | 'yellow' | 'grey'
}

const SOON_MS = 4 * 3_600_000

export const dots = computed<Dot[]>(() => {
  const list: Dot[] = []
  for (const it of rows.value) {
    const { lon_e7, lat_e7 } = it
    if (!lon_e7 || !lat_e7) continue
    const left = it.due_at ? it.due_at - now() : Infinity
    list.push({
      id: it.id,
      at: fromE7({ lon_e7, lat_e7 }),
      title: it.title || className(it.pack, it.class),
      stage: stageName(it.pack, it.stage),
      state: left < 0 ? 'red' : left < SOON_MS ? 'yellow' : 'grey',
    })
  }
  return list
})

/** Areas that are this person's. */
export const own = computed(() => {
  const held = new Set(me.value ? me.value.grants.map((it) => it.area) : [])
  return areas.value.filter((it) => held.has(it.id))
})

function around(list: Area[]): Box | null {
  const box: Box = [180, 90, -180, -90]
  for (const it of list) {
    const one = boxOf(it)
    box[0] = Math.min(box[0], one[0])
    box[1] = Math.min(box[1], one[1])
    box[2] = Math.max(box[2], one[2])
    box[3] = Math.max(box[3], one[3])
  }
  return list.length ? box : null
}

/** What is shown first: the areas of this person, else all. */
export const firstBox = computed(() => around(own.value) || around(areas.value))

/** A point inside an area, where its name is written. */
export function middle(area: Area): LonLat {
  const { geometry } = area
  const polygons = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates
  const ring = (polygons[0] && polygons[0][0]) || []
  let [lon, lat] = [0, 0]
  for (const it of ring) {
    lon += it[0]!
    lat += it[1]!
  }
  const n = Math.max(1, ring.length)
  return { lon: lon / n, lat: lat / n }
}

export { areas, points }
