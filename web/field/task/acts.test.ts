// What a phone offers on a matter: by the service's word, by the pack behind a step that waits.
import '../browserless'
import { expect, test } from 'vitest'
import { packs, type Pack } from '@/realm'
import type { Item } from '@/outbox/item'
import { blankFilled, offers, stageAhead } from './acts'
import type { Task } from './list'
import { stateOf } from './matter'
import { askedFor, formOf, lacks, offOf } from './needs'

const text = (zh: string) => ({ zh, en: zh })
const allow = { join: [], name: [], urge: [], supervise: [], note: [] }
const move = (id: string, by: string[], to: string, needs: unknown[] = []) => ({
  ...{ id, by, to, needs, act: id, title: text(id), reasons: [] },
})
const after = { photo: { slot: 'after', count: 1, near_m: 30, later_than: 'before' } }
const pack = {
  id: 'sanitation',
  roles: [
    { id: 'handler', title: text('整改责任人') },
    { id: 'dispatcher', title: text('派遣员') },
  ],
  form: [{ id: 'measure_done', title: text('完成情况'), kind: { text: { max: 900 } } }],
  classes: [{ code: '01', standard: text('干净；无散落') }],
  after: { recheck: [] },
  stages: [
    {
      id: 'assigned',
      is: 'handling',
      allow,
      moves: [move('receive', ['handler'], 'rectifying')],
    },
    {
      ...{ id: 'rectifying', is: 'handling', allow },
      moves: [
        move('declare', ['handler'], 'accepting', [after, { field: 'measure_done' }]),
        move('transfer', ['dispatcher'], 'assigned'),
      ],
    },
  ],
} as unknown as Pack
packs.value = new Map([['sanitation', pack]])

const task = (stage: string, acts: unknown[]): Task =>
  ({
    life: {
      matter: {
        ...{ id: 'm', version: 3, pack: 'sanitation', form: {} },
        standing: { stage, is: 'handling', class: '01', responsible: 'v01' },
        place: { at: { lon_e7: 1_130_000_000, lat_e7: 349_000_000 } },
      },
      acts,
    },
    files: [{ digest: 'a', slot: 'before' }],
    read_at: 0,
  }) as unknown as Task
const handler = new Set(['handler'])
const only = (names: string) => `只有${names}`
const waiting = [{ body: { command: { move: { id: 'receive' } } } }] as unknown as Item[]

test('an act that the service allows to others is not offered, and says whose it is', () => {
  const acts = [
    { id: 'declare', allowed: true, problem: null },
    { id: 'transfer', allowed: true, problem: null },
  ]
  const [first, second] = offers(task('rectifying', acts), [], handler, only)
  expect(first).toMatchObject({ id: 'declare', allowed: true })
  expect(second).toMatchObject({ id: 'transfer', allowed: false, why: '只有派遣员' })
})

test('an act that the service refuses says why', () => {
  const problem = { code: 'suspended', status: 422, title: 'wait', title_zh: '已挂账' }
  const acts = [{ id: 'declare', allowed: false, problem }]
  const found = offers(task('rectifying', acts), [], handler, only)
  expect(found.find((it) => it.id === 'declare')).toMatchObject({
    allowed: false,
    why: '已挂账',
  })
})

test('behind a step that waits to be sent, the next one is offered', () => {
  const here = task('assigned', [{ id: 'receive', allowed: true }])
  expect(stageAhead(stateOf(here), waiting)?.id).toBe('rectifying')
  expect(offers(here, waiting, handler, only)[0]).toMatchObject({ id: 'declare' })
})

test('a form asks for what is missing and turns it into what the service takes', () => {
  const here = task('rectifying', [])
  const offer = offers(here, waiting, handler, only)[0]!
  const asked = askedFor(task('rectifying', []), { ...offer, ...pack.stages[1]!.moves[0]! })
  const filled = blankFilled()
  const missing = () => lacks(asked, filled, 2, (it) => it.title.zh).map((it) => it.what)
  expect(missing()).toEqual(['photo', 'field'])
  filled.fields.measure_done = ' 已清运 '
  const place = {
    at: { lon_e7: 1_130_010_000, lat_e7: 349_000_000 },
    datum: 'wgs84' as const,
    source: 'gnss' as const,
  }
  filled.photos.push({ digest: 'b', slot: 'after', bytes: 1, taken_at: 5, taken_in: place })
  expect(missing()).toEqual([])
  expect(formOf(asked, filled)).toEqual({ measure_done: '已清运' })
  expect(offOf(here, place)).toBeGreaterThan(80)
  expect(offOf(here, place)).toBeLessThan(100)
})
