// What the realm is made of, read once and kept while the page lives: units, packs and their names.
import { shallowRef } from 'vue'
import { api, told, type Schemas } from './api/client'
import { words } from './language'

export type Unit = Schemas['UnitShown']
export type Pack = Schemas['Pack']

export const units = shallowRef<Map<string, Unit>>(new Map())
export const packs = shallowRef<Map<string, Pack>>(new Map())

/** Reads units and packs; again where `fresh`. */
export async function readRules(fresh = false): Promise<void> {
  if (!fresh && units.value.size > 0) return
  const [unitList, packList] = await Promise.all([readUnits(), readPacks()])
  units.value = unitList
  packs.value = packList
}

async function readUnits(): Promise<Map<string, Unit>> {
  const all = new Map<string, Unit>()
  let after: string | undefined
  do {
    const query = after === undefined ? {} : { after }
    const page = await told(api.GET('/api/v1/units', { params: { query } }))
    for (const it of page.units) all.set(it.id, it)
    after = page.next ?? undefined
  } while (after !== undefined)
  return all
}

async function readPacks(): Promise<Map<string, Pack>> {
  const heads = await told(api.GET('/api/v1/packs'))
  const read = (id: string) => told(api.GET('/api/v1/packs/{id}', { params: { path: { id } } }))
  const each = await Promise.all(heads.packs.map((it) => read(it.id)))
  return new Map(each.map((it) => [it.id, it as unknown as Pack]))
}

/** The name of a unit; its key where it is not known. */
export function unitName(id: string | null | undefined): string {
  return id ? words(units.value.get(id)?.title) || id : '—'
}

/** Whether a unit is another, or lies below it. */
export function isWithin(unit: string, above: string): boolean {
  return (units.value.get(unit)?.scope ?? '').split('/').includes(above)
}

/** The name of a class in a pack. */
export function className(pack: string, code: string | null | undefined): string {
  const found = packs.value.get(pack)?.classes?.find((it) => it.code === code)
  return code ? words(found?.title) || code : '—'
}

/** The name of a stage in a pack. */
export function stageName(pack: string, id: string): string {
  return words(packs.value.get(pack)?.stages?.find((it) => it.id === id)?.title) || id
}
