// A year of working days: days off, make-up days (调休), and the table that the service takes.
import type { Schemas, Text } from '@/api/client'

export interface Rest {
  first: string
  last: string
  zh: string
  en: string
}
export interface MakeUp {
  date: string
  zh: string
  en: string
}
export interface YearTable {
  source: string
  holidays: Rest[]
  makeUp: MakeUp[]
}

const DAY_MS = 86_400_000
const ms = (date: string) => Date.parse(`${date}T00:00:00Z`)
const dateOf = (at: number) => new Date(at).toISOString().slice(0, 10)

/** The table of a year as it stands; days of one name that follow each other are one holiday. */
export function tableOf(year: Schemas['CalendarYear']): YearTable {
  const holidays: Rest[] = []
  for (const { date, title } of [...year.holidays].sort((a, b) => (a.date < b.date ? -1 : 1))) {
    const last = holidays[holidays.length - 1]
    if (last && last.zh === title.zh && ms(date) - ms(last.last) === DAY_MS) last.last = date
    else holidays.push({ first: date, last: date, ...both(title) })
  }
  const makeUp = year.make_up.map((it) => ({ date: it.date, ...both(it.title) }))
  return { source: year.source ?? '', holidays, makeUp }
}

const both = (title: Text) => ({ zh: title.zh, en: title.en })

/** The table as the service takes it. */
export function sourceOf(year: number, table: YearTable): string {
  const text = (it: string) => JSON.stringify(it)
  const holidays = table.holidays.map(
    (it) =>
      `  { first = "${it.first}", last = "${it.last}", zh = ${text(it.zh)}, en = ${text(it.en)} },`,
  )
  const makeUp = table.makeUp.map(
    (it) => `  { date = "${it.date}", zh = ${text(it.zh)}, en = ${text(it.en)} },`,
  )
  return [
    `year = ${year}`,
    `source = ${text(table.source)}`,
    'holidays = [',
    ...holidays,
    ']',
    'make_up = [',
    ...makeUp,
    ']',
    '',
  ].join('\n')
}

export type DayKind = 'work' | 'rest' | 'holiday' | 'make_up'
export interface DayShown {
  date: string
  day: number
  kind: DayKind
  title: { zh: string; en: string } | null
}

/** The days of each month, with the number of empty places before the first, Monday first. */
export function monthsOf(
  year: number,
  table: YearTable,
): { before: number; days: DayShown[] }[] {
  const named = new Map<string, Rest>()
  for (const it of table.holidays)
    for (let at = ms(it.first); at <= ms(it.last); at += DAY_MS) named.set(dateOf(at), it)
  const made = new Map(table.makeUp.map((it) => [it.date, it]))
  return Array.from({ length: 12 }, (_, month) => {
    const first = Date.UTC(year, month, 1)
    const count = new Date(Date.UTC(year, month + 1, 0)).getUTCDate()
    const days = Array.from({ length: count }, (__, at) => {
      const date = dateOf(first + at * DAY_MS)
      const weekday = new Date(first + at * DAY_MS).getUTCDay()
      const title = named.get(date) ?? made.get(date) ?? null
      const isRest = weekday === 0 || weekday === 6
      const kind: DayKind = made.has(date)
        ? 'make_up'
        : named.has(date)
          ? 'holiday'
          : isRest
            ? 'rest'
            : 'work'
      return { date, day: at + 1, kind, title }
    })
    return { before: (new Date(first).getUTCDay() + 6) % 7, days }
  })
}
