// Whether a problem was reported before: by the service where it can be reached, else by what this
// phone knows.
import { api, told } from '@/api/client'
import { fromE7, metres, type LonLat } from '@/geo'
import { unsent } from '../outbox'
import { rows } from '../task/list'

export interface Near {
  id: string
  metres: number
  class: string
  stage: string | null
  /** Still in the outbox of this phone. */
  own: boolean
}

const NEAR_M = 50

/** Open matters of a class around a place, the nearest first. */
export async function near(at: LonLat, pack: string, code: string): Promise<Near[]> {
  const waiting = ownNear(at, pack, code)
  try {
    const query = { at: `${at.lon.toFixed(7)},${at.lat.toFixed(7)}`, pack, class: code }
    const found = await told(
      api.GET('/api/v1/matters/near', { params: { query: { ...query, metres: NEAR_M } } }),
    )
    return [...waiting, ...found.matters.map((it) => ({ ...it, own: false }))]
  } catch {
    return [...waiting, ...cachedNear(at, pack, code)]
  }
}

function ownNear(at: LonLat, pack: string, code: string): Near[] {
  const found: Near[] = []
  for (const it of unsent.value) {
    const { command } = it.body
    if (typeof command !== 'object' || !('open' in command)) continue
    const { open } = command
    const place = open.place && open.place.at
    if (open.pack !== pack || open.class !== code || !place) continue
    const m = Math.round(metres(at, fromE7(place)))
    if (m <= NEAR_M)
      found.push({ id: it.matter, metres: m, class: code, stage: null, own: true })
  }
  return found
}

function cachedNear(at: LonLat, pack: string, code: string): Near[] {
  const found: Near[] = []
  for (const it of rows.value) {
    if (it.pack !== pack || it.class !== code || !it.lon_e7 || !it.lat_e7) continue
    const m = Math.round(metres(at, fromE7({ lon_e7: it.lon_e7, lat_e7: it.lat_e7 })))
    if (m <= NEAR_M) {
      found.push({ id: it.id, metres: m, class: code, stage: it.stage, own: false })
    }
  }
  return found.sort((a, b) => a.metres - b.metres)
}
