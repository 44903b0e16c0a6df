// Mended on the spot: what goes out, in what order, and how far whoever reports may go.
import '../browserless'
import { beforeEach, describe, expect, test } from 'vitest'
import type { Who } from '@/api/client'
import { units, type Pack, type Unit } from '@/realm'
import { points, type NamedPoint } from '../rules'
import { reportItems, type Draft } from './report'
import { colleaguesOf, isElsewhere, restOf, spotsOf } from './spot'

const text = (zh: string) => ({ zh, en: zh })
const before = { photo: { slot: 'before', count: 1 } }
const after = { photo: { slot: 'after', count: 1, later_than: 'before', near_m: 30 } }
const move = (id: string, act: string, to: string, by: string[], needs: unknown[]) => ({
  ...{ id, act, to, by, needs, title: text(id), reasons: [] },
})
const field = ['inspector', 'squad']
const pack = {
  id: 'sanitation',
  classes: [],
  stages: [
    {
      ...{ id: 'reported', is: 'opened' },
      moves: [
        move('void', 'void', 'voided', field, ['reason']),
        move('file', 'file', 'filed', field, [before]),
        move('alone', 'self_handle', 'alone', field, [before, after]),
      ],
    },
    {
      ...{ id: 'filed', is: 'filed' },
      moves: [
        move('dispatch', 'dispatch', 'assigned', ['dispatcher'], ['unit']),
        move(
          'at_once',
          'fix_on_spot',
          'closed',
          [...field, 'acceptor'],
          [...['unit', 'person'], ...[before, after]],
        ),
      ],
    },
  ],
} as unknown as Pack
const spots = spotsOf(pack, new Set(['inspector']))

const who = (unit: string, person = 'p9') =>
  ({
    ...{ account: 'a', person },
    grants: [{ role: 'inspector', unit, area: 'v01', status: 'active' }],
  }) as unknown as Who
const shot = (digest: string, slot: string, lat_e7: number | null = null) => ({
  ...{ digest, slot, bytes: 9, taken_at: 1_618_448_000_000 },
  taken_in:
    lat_e7 === null
      ? null
      : { ...{ at: { lon_e7: 0, lat_e7 }, datum: 'wgs84' as const }, source: 'gnss' as const },
})
const draft = (spot: Draft['spot']): Draft => ({
  ...{ pack: 'sanitation', class: '01', source: 'patrol', title: '', place: null },
  ...{ at: { lon: 0, lat: 0 }, point: 'pt1', pointChosen: true, spot, person: 'p1' },
  photos: [shot('a', 'before'), shot('b', 'after', 0)],
})
const sent = (kind: Draft['spot'], unit: string) => {
  const by = { who: who(unit), roles: new Set(['inspector']), where: null, unit: 'v01' }
  return reportItems(draft(kind), pack, by)
}
const names = (items: ReturnType<typeof sent>) =>
  items.map((it) => {
    const { command } = it.body
    return typeof command === 'object' && 'move' in command ? command.move.id : 'open'
  })

beforeEach(() => {
  const unit = (id: string, parent: string | null) => [id, { id, parent } as Unit] as const
  units.value = new Map([unit('town', null), unit('squad', 'town'), unit('v01', 'town')])
  const person = (id: string) => ({ id, name: `name of ${id}` })
  points.value = [
    { id: 'far', unit: 'v01', at: { lon_e7: 10, lat_e7: 0 }, person: person('p2') },
    { id: 'pt1', unit: 'v01', at: { lon_e7: 0, lat_e7: 0 }, person: person('p1') },
    { id: 'other', unit: 'town', at: { lon_e7: 0, lat_e7: 0 }, person: person('p3') },
  ] as unknown as NamedPoint[]
})

describe('the ways that a pack leaves open', () => {
  test('theirs leads by filing to the acceptance on the spot; mine begins with the report', () => {
    expect(spots.theirs).toMatchObject({ last: { id: 'at_once' }, slot: 'after', near_m: 30 })
    expect(spots.theirs!.first.map((it) => it.id)).toEqual(['file'])
    expect(spots.mine).toMatchObject({ last: { id: 'alone' }, first: [] })
  })

  test('who may not file has no way to it, and who may do nothing has none at all', () => {
    expect(spotsOf(pack, new Set(['acceptor']))).toEqual({})
    expect(spotsOf(pack, new Set(['handler']))).toEqual({})
  })
})

describe('what goes out', () => {
  test('theirs, seen by another party: opened, filed, accepted on the spot', () => {
    const items = sent('theirs', 'squad')
    expect(names(items)).toEqual(['open', 'file', 'at_once'])
    expect(items.map((it) => it.photos.map((one) => one.digest))).toEqual([['a'], [], ['b']])
    const ids = items.map((it) => it.id)
    expect(ids.slice().sort(), 'ids are in the order of making').toEqual(ids)
    expect(new Set(items.map((it) => it.matter)).size).toBe(1)
    expect(items[2]!.body.command).toMatchObject({ move: { unit: 'v01', person: 'p1' } })
  })

  test('theirs, seen by their own unit or one below: it rests filed, with both photos', () => {
    const items = sent('theirs', 'v01')
    expect(names(items)).toEqual(['open', 'file'])
    expect(items[1]!.photos.map((it) => it.digest)).toEqual(['b'])
  })

  test('mine is the inspector alone, whatever the unit, and no acceptance', () => {
    for (const unit of ['squad', 'v01'])
      expect(names(sent('mine', unit))).toEqual(['open', 'alone'])
  })

  test('where nobody says who mended it, no photo is lost', () => {
    const items = sent(null, 'squad')
    expect(names(items)).toEqual(['open'])
    expect(items[0]!.photos.map((it) => it.digest)).toEqual(['a', 'b'])
  })
})

test('the law of another party, as far as a phone knows it', () => {
  expect(restOf(who('squad'), 'v01', 'p1')).toBeNull()
  expect(restOf(who('town'), 'v01', 'p1'), 'a superior may').toBeNull()
  expect(restOf(who('v01'), 'v01', 'p1')).toBe('same_party')
  expect(restOf(who('squad', 'p1'), 'v01', 'p1'), 'not the very person').toBe('same_party')
  expect(restOf(who('v01'), 'town', 'p3'), 'a unit below is the same').toBe('same_party')
  points.value = []
  expect(restOf(who('squad'), 'v01', null)).toBe('nobody')
})

test('whoever answers for this place comes first, and only those of the unit', () => {
  expect(colleaguesOf('v01', draft('theirs')).map((it) => it.id)).toEqual(['p1', 'p2'])
})

test('a photo without a position, or from elsewhere, proves no mending', () => {
  const { theirs } = spots
  expect(isElsewhere(theirs!, shot('b', 'after', 0), draft('theirs'))).toBe(false)
  expect(isElsewhere(theirs!, shot('b', 'after', 10_000), draft('theirs'))).toBe(true)
  expect(isElsewhere(theirs!, shot('b', 'after'), draft('theirs'))).toBe(true)
})
