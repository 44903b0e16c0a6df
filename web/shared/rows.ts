// Matters as lists and counts, by the filters of the service.
import { api, told, type MatterRow } from './api/client'

/** Filters of a list, as the service takes them; what is empty is left out. */
export type RowQuery = Record<string, string | number | boolean | string[] | undefined>

function kept(query: RowQuery) {
  const all: RowQuery = {}
  for (const [key, it] of Object.entries(query)) {
    if (it !== undefined && it !== '') all[key] = it
  }
  return all as never
}

/** A page of matters, and where the next begins. */
export async function readPage(
  query: RowQuery,
): Promise<{ rows: MatterRow[]; next: string | null }> {
  const page = await told(api.GET('/api/v1/matters', { params: { query: kept(query) } }))
  return { rows: page.rows, next: page.next || null }
}

/** Matters of one page, where what comes after it does not matter. */
export const readRows = async (query: RowQuery): Promise<MatterRow[]> =>
  (await readPage(query)).rows

/** How many there are. */
export async function countRows(query: RowQuery): Promise<number> {
  return (await told(api.GET('/api/v1/counts', { params: { query: kept(query) } }))).total
}

/** How many there are of each key; those without one under the empty key. */
export async function countBy(by: string, query: RowQuery): Promise<Map<string, number>> {
  const asked = kept({ ...query, by: [by] })
  const counts = await told(api.GET('/api/v1/counts', { params: { query: asked } }))
  return new Map(counts.cells.map((it) => [it.keys[0] || '', it.count]))
}
