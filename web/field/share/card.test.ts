// A card that is handed on: what it tells, and what it must never tell.
import '../browserless'
import { beforeEach, expect, test } from 'vitest'
import { packs, units, type Pack, type Unit } from '@/realm'
import { setClock } from '@/time'
import { points, type NamedPoint } from '../rules'
import type { Task } from '../task/list'
import { cardOf } from './card'

const text = (zh: string) => ({ zh, en: zh })
const pack = (compartment: string) =>
  ({
    ...{ id: 'sanitation', compartment },
    classes: [{ code: '01', title: text('暴露垃圾') }],
    stages: [{ id: 'rectifying', title: text('整改中') }],
  }) as unknown as Pack
const task = {
  life: {
    title: { text: '老李家门口' },
    matter: {
      ...{ id: 'm1', number: 'HW-2104-00017', pack: 'sanitation', point: 'pt1' },
      ...{ place_unit: 'v01', handling: { unit: 'v01', person: 'p1' } },
      place: { at: { lon_e7: 1_130_090_420, lat_e7: 349_189_810 } },
      standing: { stage: 'rectifying', is: 'handling', class: '01', responsible: 'v01' },
    },
    due: { at: Date.UTC(2021, 3, 16, 7, 30), rule: text('r'), because: [], provisional: false },
  },
  files: [],
  read_at: 0,
} as unknown as Task

beforeEach(() => {
  setClock(8 * 3600, 0, 0)
  packs.value = new Map([['sanitation', pack('open')]])
  units.value = new Map([['v01', { id: 'v01', title: text('柳埠头村') } as unknown as Unit]])
  const person = { id: 'p1', name: '谭卫东' }
  points.value = [{ id: 'pt1', title: text('村口'), person }] as unknown as NamedPoint[]
})

test('it tells number, class, named place, stage, deadline and address', () => {
  expect(cardOf(task, 'https://x.cn').split('\n')).toEqual([
    '编号：HW-2104-00017',
    '问题：暴露垃圾',
    '位置：柳埠头村 · 村口',
    '环节：整改中',
    '时限：2021-04-16 (周五) 15:30',
    'https://x.cn/field/matter/m1',
  ])
})

test('it names no person, no free text and no coordinates', () => {
  const card = cardOf(task, 'https://x.cn')
  for (const hidden of ['谭卫东', '老李', 'p1', '113', '34.9'])
    expect(card).not.toContain(hidden)
})

test('of a sealed pack, or one that the phone does not know, the number alone', () => {
  packs.value = new Map([['sanitation', pack('sealed')]])
  expect(cardOf(task, 'https://x.cn')).toBe('编号：HW-2104-00017')
  packs.value = new Map()
  expect(cardOf(task, 'https://x.cn')).toBe('编号：HW-2104-00017')
})
