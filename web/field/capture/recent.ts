// Which classes this person used last, for the order of the picker.
import { initials } from './initials'
import type { Class } from './report'

const MOST = 12

function key(pack: string): string {
  return `bihuan.recent.${pack}`
}

export function recentClasses(pack: string): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key(pack)) || '[]')
    return Array.isArray(kept) ? kept.map(String) : []
  } catch {
    return []
  }
}

export function used(pack: string, code: string): void {
  const list = [code, ...recentClasses(pack).filter((it) => it !== code)]
  try {
    localStorage.setItem(key(pack), JSON.stringify(list.slice(0, MOST)))
  } catch {
    // The order of a list is no loss.
  }
}

/** Recent ones first, then those that occur at points of this kind, then the rest as they come. */
export function ranked(pack: string, classes: Class[], kind: string | null): Class[] {
  const recent = recentClasses(pack)
  const rank = (it: Class): number => {
    const at = recent.indexOf(it.code)
    if (at >= 0) return at
    if (kind && it.point_types.includes(kind)) return 100
    return it.point_types.length === 0 ? 200 : 300
  }
  return classes
    .map((it, n) => ({ it, n, by: rank(it) }))
    .sort((a, b) => a.by - b.by || a.n - b.n)
    .map((it) => it.it)
}

/** Classes whose name, group, code or pinyin initials hold the words. */
export function matching(classes: Class[], words: string): Class[] {
  const wanted = words.trim().toLowerCase()
  if (!wanted) return classes
  const holds = (it: Class) =>
    [it.title.zh, it.title.en, it.big_title.zh, it.big_title.en, it.code].some((text) =>
      text.toLowerCase().includes(wanted),
    ) || initials(it.title.zh).includes(wanted)
  return classes.filter(holds)
}
