// Places on the ground: distances, the area that holds a point, and the datum of chat apps.
// The formulas of GCJ-02 are the published approximation; the way back is found by iteration.

/** A point in degrees of WGS-84. */
export interface LonLat {
  lon: number
  lat: number
}

const EARTH_M = 6_371_008.8
const rad = (it: number) => (it * Math.PI) / 180

/** Metres between two points, along the sphere. */
export function metres(a: LonLat, b: LonLat): number {
  const s = Math.sin(rad(b.lat - a.lat) / 2) ** 2
  const t = Math.sin(rad(b.lon - a.lon) / 2) ** 2
  return 2 * EARTH_M * Math.asin(Math.sqrt(s + Math.cos(rad(a.lat)) * Math.cos(rad(b.lat)) * t))
}

/** Bearing from one point to another, degrees from north, clockwise. */
export function bearing(a: LonLat, b: LonLat): number {
  const dl = rad(b.lon - a.lon)
  const y = Math.sin(dl) * Math.cos(rad(b.lat))
  const x =
    Math.cos(rad(a.lat)) * Math.sin(rad(b.lat)) -
    Math.sin(rad(a.lat)) * Math.cos(rad(b.lat)) * Math.cos(dl)
  return ((Math.atan2(y, x) * 180) / Math.PI + 360) % 360
}

type Ring = number[][]
type Geometry =
  { type: 'Polygon'; coordinates: Ring[] } | { type: 'MultiPolygon'; coordinates: Ring[][] }

function inRing(at: LonLat, ring: Ring): boolean {
  let inside = false
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) {
    const [xi, yi] = ring[i] as [number, number]
    const [xj, yj] = ring[j] as [number, number]
    if (yi > at.lat !== yj > at.lat && at.lon < ((xj - xi) * (at.lat - yi)) / (yj - yi) + xi)
      inside = !inside
  }
  return inside
}

/** Whether an area holds a point; its holes do not. */
export function holds(area: Geometry, at: LonLat): boolean {
  const polygons = area.type === 'Polygon' ? [area.coordinates] : area.coordinates
  return polygons.some(
    ([outer, ...holes]) => !!outer && inRing(at, outer) && !holes.some((it) => inRing(at, it)),
  )
}

const A = 6_378_245
const EE = 0.006_693_421_622_965_943

function shift({ lon, lat }: LonLat): LonLat {
  const [x, y] = [lon - 105, lat - 35]
  const wave = (20 * Math.sin(6 * x * Math.PI) + 20 * Math.sin(2 * x * Math.PI)) * (2 / 3)
  let dLat =
    -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * Math.sqrt(Math.abs(x)) + wave
  dLat += (20 * Math.sin(y * Math.PI) + 40 * Math.sin((y / 3) * Math.PI)) * (2 / 3)
  dLat += (160 * Math.sin((y / 12) * Math.PI) + 320 * Math.sin((y * Math.PI) / 30)) * (2 / 3)
  let dLon = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * Math.sqrt(Math.abs(x)) + wave
  dLon += (20 * Math.sin(x * Math.PI) + 40 * Math.sin((x / 3) * Math.PI)) * (2 / 3)
  dLon += (150 * Math.sin((x / 12) * Math.PI) + 300 * Math.sin((x / 30) * Math.PI)) * (2 / 3)
  const magic = 1 - EE * Math.sin(rad(lat)) ** 2
  const root = Math.sqrt(magic)
  return {
    lat: (dLat * 180) / (((A * (1 - EE)) / (magic * root)) * Math.PI),
    lon: (dLon * 180) / ((A / root) * Math.cos(rad(lat)) * Math.PI),
  }
}

const isChina = ({ lon, lat }: LonLat) =>
  lon > 72.004 && lon < 137.8347 && lat > 0.8293 && lat < 55.8271

/** WGS-84 to GCJ-02, as map apps want it; outside China nothing changes. */
export function toGcj02(at: LonLat): LonLat {
  if (!isChina(at)) return at
  const by = shift(at)
  return { lon: at.lon + by.lon, lat: at.lat + by.lat }
}

/** GCJ-02 to WGS-84, to a centimetre. */
export function fromGcj02(at: LonLat): LonLat {
  if (!isChina(at)) return at
  let guess = at
  for (let tries = 0; tries < 10; tries += 1) {
    const there = toGcj02(guess)
    guess = { lon: guess.lon - (there.lon - at.lon), lat: guess.lat - (there.lat - at.lat) }
  }
  return guess
}

/** Degrees as the service writes them, in 1e-7. */
export const toE7 = (at: LonLat) => ({
  lon_e7: Math.round(at.lon * 1e7),
  lat_e7: Math.round(at.lat * 1e7),
})
/** The same, back. */
export const fromE7 = (at: { lon_e7: number; lat_e7: number }): LonLat => ({
  lon: at.lon_e7 / 1e7,
  lat: at.lat_e7 / 1e7,
})
