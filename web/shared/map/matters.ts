// Matters on a map: which, how their state looks, and how they are read in a box.
import { Refused, problemOf, Unreachable } from '../api/client'
import { wordsOf } from '../language'
import type { Box } from './ground'

/** Which matters a map shows, as the service takes it. */
export interface MapFilter {
  pack?: string
  class?: string
  stage?: string
  unit?: string
  standing?: 'open' | 'overdue' | 'any'
}

/** How a matter stands to its deadline. */
export type DueState = 'later' | 'soon' | 'overdue' | 'ended'

/** A matter as a point, or a count of many. */
export interface Spot {
  id: string | null
  lon: number
  lat: number
  due: DueState
  count: number
  overdue: number
}

/** What somebody chose on a map. */
export interface Picked {
  ids: string[]
  lon: number
  lat: number
}

/** Where a map looks. */
export interface View {
  lon: number
  lat: number
  zoom: number
}

export const DUE_STATES: readonly DueState[] = ['overdue', 'soon', 'later', 'ended']
export const DUE_SHAPES: Record<DueState, string> = {
  overdue: '!',
  soon: '◔',
  later: '',
  ended: '✓',
}
/** The token that colours a state. */
export const DUE_TOKENS: Record<DueState, string> = {
  overdue: 'red',
  soon: 'yellow',
  later: 'grey',
  ended: 'green',
}

export const dueName = wordsOf({
  overdue: ['超期', 'overdue'],
  soon: ['一天内到期', 'due within a day'],
  later: ['在办', 'in progress'],
  ended: ['已办结', 'ended'],
})

/** A filter as the words of an address; what is empty is left out. */
export function addressOf(filter: MapFilter): URLSearchParams {
  const set = Object.entries(filter).filter(([, it]) => !!it) as [string, string][]
  return new URLSearchParams(set)
}

interface Told {
  counted: boolean
  total: number
  features: {
    id?: string
    geometry: { coordinates: [number, number] }
    properties: { due?: DueState; count?: number; overdue?: number }
  }[]
}

/** Matters in a box, one by one or counted. */
export async function readSpots(
  filter: MapFilter,
  box: Box,
  zoom: number,
): Promise<{ spots: Spot[]; total: number }> {
  const query = addressOf(filter)
  query.set('box', box.map((it) => it.toFixed(6)).join(','))
  query.set('zoom', String(Math.max(0, Math.min(22, Math.round(zoom)))))
  let response: Response
  try {
    response = await fetch(`/api/v1/map/matters.geojson?${query}`)
  } catch (error) {
    throw new Unreachable(String(error))
  }
  const body = (await response.json().catch(() => null)) as Told | null
  if (!response.ok || !body) throw new Refused(problemOf(body, response))
  return { total: body.total, spots: body.features.map(spotOf) }
}

function spotOf(it: Told['features'][number]): Spot {
  const [lon, lat] = it.geometry.coordinates
  const { due = 'later', count = 1, overdue = 0 } = it.properties
  return { id: it.id ?? null, lon, lat, due, count, overdue }
}
