// A report as it leaves the phone: what is chosen for a person, and in what order it goes.
import '../browserless'
import { describe, expect, test } from 'vitest'
import type { Who } from '@/api/client'
import { packs, units, type Pack, type Unit } from '@/realm'
import { areas, points, type Area, type NamedPoint } from '../rules'
import { groundAt, suggested } from './ground'
import { matching, ranked, used } from './recent'
import * as report from './report'
import { scaled } from './scale'
import { declared, type Shot } from './take'

const text = (zh: string) => ({ zh, en: zh })
const photo = (slot: string, later_than: string | null = null) => ({
  photo: { slot, count: 1, later_than },
})
const move = (id: string, act: string, by: string[], needs: unknown[]) => ({
  ...{ id, act, by, needs, title: text(id), reasons: [], to: 'x' },
})
const cls = (
  code: string,
  zh: string,
  point_types: string[] = [],
  owner: unknown = 'point',
) => ({
  ...{ code, title: text(zh), big: 'T', big_title: text('市容'), point_types, owner },
  ...{ valid_from: null, valid_to: null },
})

const pack = {
  id: 'sanitation',
  place: { kind: 'point', required: true },
  roles: [
    { id: 'inspector', title: text('网格员'), surfaces: ['field', 'desk'] },
    { id: 'handler', title: text('责任人'), surfaces: ['field'] },
    { id: 'intake', title: text('受理员'), surfaces: ['desk'] },
  ],
  sources: [{ id: 'patrol' }, { id: 'self' }],
  classes: [
    cls('01', '暴露垃圾'),
    cls('02', '道路不洁', ['road'], { function: 'cleaning' }),
    { ...cls('03', '旧类'), valid_to: '2021-01-01' },
  ],
  stages: [
    {
      id: 'reported',
      is: 'opened',
      moves: [move('file', 'file', ['inspector'], [photo('before')])],
    },
  ],
} as unknown as Pack

const inspector = new Set(['inspector'])
const shot = (digest: string, slot: string): Shot => ({
  ...{ digest, slot, bytes: 9, taken_at: 1_618_448_000_000, taken_in: null },
})
const draft = (photos: Shot[]): report.Draft => ({
  ...{ photos, pack: 'sanitation', class: '01', source: 'patrol', title: ' 北门 ' },
  ...{ place: null, at: null, point: 'pt1', pointChosen: true, spot: null, person: null },
})

const by = {
  who: { account: 'inspector-1', person: 'p1', grants: [] } as unknown as Who,
  ...{ roles: inspector, where: null, unit: null },
}

describe('what is chosen for whoever reports', () => {
  test('a pack in which the caller works on the phone', () => {
    packs.value = new Map([['sanitation', pack]])
    expect(report.packsFor(inspector).map((it) => it.id)).toEqual(['sanitation'])
    expect(report.packsFor(new Set(['intake']))).toEqual([])
  })

  test('the source of the role, and the classes of today', () => {
    expect(report.usualSource(pack, inspector)).toBe('patrol')
    expect(report.usualSource(pack, new Set(['handler']))).toBe('self')
    expect(report.classesOf(pack, '2021-04-15').map((it) => it.code)).toEqual(['01', '02'])
  })

  test('what was used last comes first, then what is usual at the place', () => {
    const all = report.classesOf(pack, '2021-04-15')
    expect(ranked('sanitation', all, 'road').map((it) => it.code)).toEqual(['02', '01'])
    used('sanitation', '01')
    expect(ranked('sanitation', all, 'road').map((it) => it.code)).toEqual(['01', '02'])
    expect(matching(all, '不洁').map((it) => it.code)).toEqual(['02'])
  })
})

describe('what leaves the phone', () => {
  test('one opening with its photos, named by their digests', () => {
    const [item, ...more] = report.reportItems(draft([shot('a', 'before')]), pack, by)
    expect(more).toEqual([])
    expect(item!.body.command).toMatchObject({
      open: { title: '北门', point: 'pt1', files: [{ digest: 'a', slot: 'before' }] },
    })
    expect(item).toMatchObject({ account: 'inspector-1', state: 'waiting', tries: 0 })
  })

  test('a photo without a place tells none', () => {
    expect(declared(shot('a', 'before'))).not.toHaveProperty('taken_in')
    expect(scaled(4000, 3000, 1920)).toEqual([1920, 1440])
    expect(scaled(800, 600, 1920)).toEqual([800, 600])
  })
})

test('the phone finds grid, unit, point and who is likely responsible', () => {
  const square = (west: number, side: number) => [
    [
      [west, 34],
      [west + side, 34],
      [west + side, 34 + side],
      [west, 34 + side],
      [west, 34],
    ],
  ]
  const area = (id: string, level: number, parent: string, west: number, side: number) => ({
    id,
    geometry: { type: 'Polygon', coordinates: square(west, side) },
    properties: { kind: 'grid', level, parent, title: text(id) },
  })
  areas.value = [
    area('village', 3, 'town', 113, 1),
    area('grid', 4, 'village', 113, 0.5),
  ] as unknown as Area[]
  points.value = [
    { id: 'pt1', at: { lon_e7: 1_132_000_000, lat_e7: 342_000_000 }, unit: 'market' },
  ] as unknown as NamedPoint[]
  const unit = (id: string, parent: string | null, functions: string[] = []) =>
    [id, { id, parent, functions } as unknown as Unit] as [string, Unit]
  units.value = new Map([
    unit('town', null),
    unit('village', 'town'),
    unit('cleaners', 'town', ['cleaning']),
  ])
  const at = groundAt({ lon: 113.2001, lat: 34.2001 })
  expect([at.grid?.id, at.unit, at.point?.id]).toEqual(['grid', 'village', 'pt1'])
  expect(suggested(pack, '01', at)).toBe('market')
  expect(suggested(pack, '02', at)).toBe('cleaners')
  const far = groundAt({ lon: 113.7, lat: 34.7 })
  expect([far.grid?.id, far.point]).toEqual(['village', null])
  expect(groundAt({ lon: 100, lat: 30 }).grid).toBeNull()
})
