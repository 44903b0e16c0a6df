// The table of a year goes to the service and comes back the same; days are told apart.
import { describe, expect, it } from 'vitest'
import { monthsOf, sourceOf, tableOf } from './calendar'

const name = (zh: string, en: string) => ({ zh, en })
const year = {
  year: 2021,
  rev: 1,
  provisional: false,
  source: 'the "notice"',
  working_days: [],
  holidays: ['2021-04-03', '2021-04-04', '2021-04-05'].map((date) => ({
    date,
    title: name('清明节', 'Tomb-Sweeping Day'),
  })),
  make_up: [{ date: '2021-04-25', title: name('劳动节', 'Labour Day') }],
}

describe('the table of a year', () => {
  it('joins days of one name that follow each other', () => {
    const [rest, ...others] = tableOf(year).holidays
    expect(others).toEqual([])
    expect([rest!.first, rest!.last]).toEqual(['2021-04-03', '2021-04-05'])
  })
  it('is written as the service takes it, quotes and all', () => {
    const source = sourceOf(2021, tableOf(year))
    expect(source).toContain('source = "the \\"notice\\""')
    expect(source).toContain('{ first = "2021-04-03", last = "2021-04-05", zh = "清明节"')
    expect(source).toContain('{ date = "2021-04-25", zh = "劳动节"')
  })
  it('tells days off, weekends and make-up days apart', () => {
    const april = monthsOf(2021, tableOf(year))[3]!
    expect(april.before).toBe(3)
    const kinds = [2, 3, 5, 10, 25].map((day) => april.days[day - 1]!.kind)
    expect(kinds).toEqual(['work', 'holiday', 'holiday', 'rest', 'make_up'])
  })
})
