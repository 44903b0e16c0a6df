// What can be chosen in the pickers of the desk: units, classes, people.
import { api, Refused, told } from '@/api/client'
import { words } from '@/language'
import { packs, units, unitName } from '@/realm'
import { limitName } from '@/move'
import type { Choice } from './Pick.vue'

/** The way from the topmost unit down to what lies above one. */
function above(scope: string): string {
  const ids = scope.split('/').filter(Boolean).slice(0, -1)
  return ids.map((it) => unitName(it)).join(' / ')
}

/** All units; the ones that `first` names stand in front. */
export function unitChoices(first: readonly string[] = []): Choice[] {
  const all = [...units.value.values()].map((it) => ({
    id: it.id,
    label: words(it.title),
    hint: above(it.scope),
    keys: it.initials,
  }))
  const rank = (id: string) => (first.includes(id) ? first.indexOf(id) : first.length)
  return all.sort((a, b) => rank(a.id) - rank(b.id))
}

/** The classes of a pack. */
export function classChoices(pack: string): Choice[] {
  return (packs.value.get(pack)?.classes ?? []).map((it) => ({
    id: it.code,
    label: words(it.title),
    hint: `${words(it.big_title)} · ${it.code} · ${limitName(it.limit)}`,
  }))
}

/**
 * People of a unit, as far as the caller may know them: those whom the service lists, else those
 * whom the named points of the unit tell.
 */
export async function peopleOf(unit: string): Promise<Choice[]> {
  if (!unit) return []
  try {
    const query = { unit }
    const page = await told(api.GET('/api/v1/people', { params: { query } }))
    return page.people.map((it) => ({ id: it.id, label: it.name ?? it.id, hint: it.id }))
  } catch (error) {
    if (!(error instanceof Refused) || error.status !== 403) throw error
    return colleaguesOf(unit)
  }
}

async function colleaguesOf(unit: string): Promise<Choice[]> {
  const query = { unit }
  const page = await told(api.GET('/api/v1/points', { params: { query } }))
  const found = new Map<string, Choice>()
  for (const point of page.points)
    for (const it of [point.person, point.leader])
      if (it) found.set(it.id, { id: it.id, label: it.name ?? it.id, hint: it.id })
  return [...found.values()]
}
