// The rules that a phone needs without a network: units, packs, areas and points. Each is asked
// for again with the tag of what is here, so that nothing travels twice.
import { ref, shallowRef } from 'vue'
import type { Schemas, Text } from '@/api/client'
import { packs, units, type Pack, type Unit } from '@/realm'
import { shelf } from './device'

export type NamedPoint = Schemas['PointShown']
type Geometry =
  | { type: 'Polygon'; coordinates: number[][][] }
  | { type: 'MultiPolygon'; coordinates: number[][][][] }

export interface Area {
  id: string
  geometry: Geometry
  properties: { kind: string; level: number; parent: string | null; title: Text }
}

export const areas = shallowRef<Area[]>([])
export const points = shallowRef<NamedPoint[]>([])
/** When the rules were found right last, by the clock of this device. */
export const rulesAt = ref<number | null>(null)

interface Told {
  tag: string
  value: unknown
}

const PAGES_MAX = 40
const INDEX = 'rule:index'

/** What one address told, from the device where that is still right. */
async function ask<T>(path: string, used: string[]): Promise<T> {
  const key = `rule:${path}`
  used.push(path)
  const known = await shelf.value.read<Told>(key)
  const headers = known ? { 'If-None-Match': known.tag } : undefined
  const answer = await fetch(path, { credentials: 'same-origin', headers, cache: 'no-store' })
  if (answer.status === 304 && known) return known.value as T
  if (!answer.ok) throw new Error(`rules: ${answer.status}`)
  const value: unknown = await answer.json()
  await shelf.value.write(key, { tag: answer.headers.get('etag') || '', value })
  return value as T
}

type Page = { next?: string | null }
type Ask = <T>(path: string) => Promise<T>

async function all<P extends Page>(read: Ask, path: string): Promise<P[]> {
  const pages: P[] = []
  let after = ''
  for (let n = 0; n < PAGES_MAX; n += 1) {
    const page = await read<P>(after ? `${path}?after=${encodeURIComponent(after)}` : path)
    pages.push(page)
    if (!page.next) break
    after = page.next
  }
  return pages
}

async function gather(read: Ask): Promise<void> {
  const unitPages = await all<Schemas['UnitList']>(read, '/api/v1/units')
  const heads = await read<Schemas['PackList']>('/api/v1/packs')
  const each: Pack[] = []
  for (const it of heads.packs) each.push(await read<Pack>(`/api/v1/packs/${it.id}`))
  const pointPages = await all<Schemas['PointList']>(read, '/api/v1/points')
  const ground = await read<{ features: Area[] }>('/api/v1/areas')
  const unitMap = new Map<string, Unit>()
  for (const page of unitPages) for (const it of page.units) unitMap.set(it.id, it)
  units.value = unitMap
  packs.value = new Map(each.map((it) => [it.id, it] as [string, Pack]))
  const found: NamedPoint[] = []
  for (const page of pointPages) found.push(...page.points)
  points.value = found
  areas.value = ground.features
}

/** The rules as they were read last; nothing where there are none. */
export async function recallRules(): Promise<void> {
  if (!(await shelf.value.read(INDEX))) return
  try {
    await gather(async <T>(path: string) => {
      const known = await shelf.value.read<Told>(`rule:${path}`)
      if (!known) throw new Error(`rules: no ${path}`)
      return known.value as T
    })
  } catch {
    // What is not whole is read anew.
  }
}

/** Reads what has changed since. */
export async function refreshRules(): Promise<void> {
  const used: string[] = []
  await gather((path) => ask(path, used))
  rulesAt.value = Date.now()
  await shelf.value.write(INDEX, { used, at: rulesAt.value })
  for (const key of await shelf.value.keys('rule:/')) {
    if (!used.includes(key.slice('rule:'.length))) await shelf.value.erase(key)
  }
}
