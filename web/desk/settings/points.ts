// The named points of the realm, all of them, as lists and placards need them.
import { api, told, type Schemas } from '@/api/client'
import { words } from '@/language'
import { isWithin, units } from '@/realm'
import { who } from '@/session'

export type Point = Schemas['PointShown']

/** The function of a unit that files and dispatches. */
const DISPATCH_DESK = 'dispatch_desk'

/** Reads every point, page by page. */
export async function readPoints(): Promise<Point[]> {
  const all: Point[] = []
  let after: string | undefined
  do {
    const query = after === undefined ? {} : { after }
    const page = await told(api.GET('/api/v1/points', { params: { query } }))
    all.push(...page.points)
    after = page.next ?? undefined
  } while (after !== undefined)
  return all
}

export interface Sought {
  q: string
  unit: string
  kind: string
}

/** Whether a point is meant: by name, id or initials, by its unit and by its type. */
export function isMeant(it: Point, sought: Sought): boolean {
  const q = sought.q.trim().toLowerCase()
  const isNamed =
    !q ||
    it.id.toLowerCase().startsWith(q) ||
    it.initials.toLowerCase().startsWith(q) ||
    words(it.title).toLowerCase().includes(q)
  const isThere = !sought.unit || isWithin(it.unit, sought.unit)
  return isNamed && isThere && (!sought.kind || it.kind === sought.kind)
}

/** The types that there are, in order. */
export const kindsOf = (points: readonly Point[]) =>
  [...new Set(points.map((it) => it.kind))].sort()

/** Whether the caller works at a desk that files and dispatches: it keeps points, too. */
export function isAtDesk(): boolean {
  const isDesk = (unit: string) => units.value.get(unit)?.functions.includes(DISPATCH_DESK)
  return who.value?.grants.some((it) => isDesk(it.unit)) ?? false
}
