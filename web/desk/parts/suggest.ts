// Who should be made responsible, and by which rule: what the class of a matter says, worked out as
// the engine does it where no unit is named.
import { api, told, type Schemas, type Text } from '@/api/client'
import { fromE7 } from '@/geo'
import { packs, readRules, units, type Unit } from '@/realm'

export interface Suggested {
  unit: string
  title: Text
  rule: Text
}

export interface Duplicate {
  id: string
  pack: string
  class: string
  stage: string
  metres: number
}

export interface Suggestions {
  units: Suggested[]
  duplicates: Duplicate[]
}

/** What has to be known of a matter; rows of lists and matters both tell it. */
export interface About {
  id: string
  pack: string
  class: string
  place_unit: string
  point?: string | undefined
  at?: { lon_e7: number; lat_e7: number } | undefined
}

type Standing = { class: string }
type Told = Omit<About, 'class' | 'at'> & {
  standing: Standing
  place?: { at: NonNullable<About['at']> }
}

/** Suggestions for a matter that is told from end to end. */
export function suggest(matter: Told): Promise<Suggestions> {
  return suggestFor({ ...matter, class: matter.standing.class, at: matter.place?.at })
}

/** Suggestions for what is known of a matter. */
export async function suggestFor(about: About): Promise<Suggestions> {
  await readRules()
  const [owners, duplicates] = await Promise.all([unitsFor(about), near(about)])
  return { units: owners, duplicates }
}

/** The units that rules suggest, the first one as the engine would choose. */
export async function unitsFor(about: About): Promise<Suggested[]> {
  const owner = packs.value
    .get(about.pack)
    ?.classes.find((it) => it.code === about.class)?.owner
  const found: Suggested[] = []
  const add = (unit: string | undefined, rule: Text) => {
    const known = unit ? units.value.get(unit) : undefined
    if (known && !found.some((it) => it.unit === unit))
      found.push({ unit: known.id, title: known.title, rule })
  }
  if (typeof owner === 'object') {
    const holder = withFunction(about.place_unit, owner.function)
    add(holder?.id, {
      zh: `该类别归口管理：现场以上最近的“${owner.function}”职能单位`,
      en: `Its class names the nearest unit with the function “${owner.function}”`,
    })
  }
  if (about.point) {
    const point = await pointOf(about.point)
    const rule = {
      zh: `现场是点位“${point?.title.zh ?? about.point}”，由该点位的责任单位负责`,
      en: `The place is the point “${point?.title.en ?? about.point}”, kept by this unit`,
    }
    add(point?.unit, rule)
  }
  const inside = {
    zh: '现场在该单位的范围内（属地）',
    en: 'The place lies within the area of this unit',
  }
  add(about.place_unit, inside)
  add(units.value.get(about.place_unit)?.parent ?? undefined, {
    zh: '属地网格的上级单位',
    en: 'The unit above the area of the place',
  })
  // A class that asks for the place puts the place first, whatever point is there.
  if (owner === 'place')
    found.sort((a, b) => Number(b.rule === inside) - Number(a.rule === inside))
  return found
}

/** The unit that holds a function, nearest above a place. */
function withFunction(place: string, name: string): Unit | undefined {
  const way = (units.value.get(place)?.scope ?? '').split('/').filter(Boolean).reverse()
  const all = [...units.value.values()].filter((it) => it.functions.includes(name))
  for (const above of way) {
    const here = all.find((it) => it.id === above) ?? all.find((it) => it.parent === above)
    if (here) return here
  }
  return undefined
}

const points = new Map<string, Schemas['PointShown'] | undefined>()

async function pointOf(id: string): Promise<Schemas['PointShown'] | undefined> {
  if (!points.has(id)) {
    const page = await told(api.GET('/api/v1/points', { params: { query: { q: id } } }))
    points.set(
      id,
      page.points.find((it) => it.id === id),
    )
  }
  return points.get(id)
}

/** Other open matters around the same place. */
async function near(about: About): Promise<Duplicate[]> {
  if (!about.at) return []
  const { lon, lat } = fromE7(about.at)
  const metres = packs.value.get(about.pack)?.watch.duplicate?.within_m ?? 50
  const query = { at: `${lon},${lat}`, metres, pack: about.pack }
  const list = await told(api.GET('/api/v1/matters/near', { params: { query } }))
  return list.matters.filter((it) => it.id !== about.id)
}
