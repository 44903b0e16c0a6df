// The language of the pages: Chinese unless a person chose English on this device.
import { ref } from 'vue'
import type { Problem, Text } from './api/client'

export type Language = 'zh' | 'en'

const KEY = 'bihuan.language'
const kept = (): Language => (localStorage.getItem(KEY) === 'en' ? 'en' : 'zh')

export const language = ref<Language>(kept())

export function speak(it: Language): void {
  language.value = it
  localStorage.setItem(KEY, it)
  document.documentElement.lang = it === 'zh' ? 'zh-CN' : 'en'
}

/** A text of the service in the language of the pages. */
export function words(
  text: Text | { zh?: string | null; en?: string | null } | null | undefined,
): string {
  if (!text) return ''
  return (language.value === 'zh' ? text.zh || text.en : text.en || text.zh) ?? ''
}

/** What a problem says a person should do. */
export function advice(problem: Problem): string {
  return language.value === 'zh' ? problem.title_zh : problem.title
}

type Entry = readonly [zh: string, en: string]
type Book = Record<string, Entry>

/**
 * The words of an app: `say('saved', { n: 3 })` puts 3 where `{n}` stands. Each entry carries both
 * languages side by side, so that none can be forgotten; a key that is not there does not compile.
 */
export function wordsOf<B extends Book>(book: B) {
  return (key: keyof B & string, values: Record<string, string | number> = {}): string => {
    const entry = book[key] as Entry
    const text = language.value === 'zh' ? entry[0] : entry[1]
    return text.replace(/\{(\w+)\}/g, (whole, name: string) =>
      name in values ? String(values[name]) : whole,
    )
  }
}
