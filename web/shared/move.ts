// What a move of a pack needs, what is still missing, and why somebody may not make it, in words.
import type { Problem, Schemas, Text } from './api/client'
import { advice, language, words, wordsOf } from './language'
import { unitName, type Pack } from './realm'
import { holdsRole } from './session'

export type Move = Schemas['Move']
export type Need = Schemas['Need']
export type PhotoNeed = Schemas['PhotoNeed']
export type Stage = Schemas['Stage']
export type Field = Schemas['Field']
export type Act = Schemas['Act']

const say = wordsOf({
  photo: ['照片：{slot}', 'photo: {slot}'],
  before: ['整改前', 'before'],
  after: ['整改后', 'after'],
  check: ['核实', 'check'],
  note: ['说明', 'a note'],
  reason: ['理由', 'a reason'],
  checklist: ['逐条核对整改标准', 'every item of the standard'],
  person: ['责任人', 'a responsible person'],
  unit: ['责任单位', 'a responsible unit'],
  limit: ['时限', 'a limit'],
  visit: ['走访记录', 'a visit'],
  signature: ['签名', 'a signature'],
  payment: ['支付记录', 'a payment'],
  checks: ['表单核对通过', 'the checks of the form'],
  children: ['协同事项全部办结', 'the end of all joint matters'],
  document: ['文件：{slot}', 'document: {slot}'],
  absent: ['未提供', 'not given'],
  too_few: ['数量不够', 'too few'],
  too_far: ['距现场太远', 'too far from the place'],
  no_position: ['照片没有位置', 'the photo has no position'],
  not_later: ['拍摄时间须晚于整改前照片', 'must be taken after the photo before'],
  not_fresh: ['不是刚拍的', 'not taken just now'],
  check_fails: ['核对不通过', 'a check fails'],
  needed: ['还需要：{list}', 'Still needed: {list}'],
  only: [
    '只有{roles}可以办理，且须管辖该处',
    'Only {roles} may do this, for this place or unit',
  ],
  same_person: [
    '您已代表{unit}参与办理，须由其他单位的人验收',
    'You took part for {unit}; somebody of another unit must accept it',
  ],
  same_unit: [
    '您的单位或其上级{unit}参与了办理，须由其他单位验收',
    'Your unit is, or lies below, {unit}, which took part; another unit must accept it',
  ],
  too_often: ['已办理 {n} 次，不能再办', 'Done {n} times, which is as often as it may be'],
  urgent_hour: ['{n} 个紧急工作时', '{n} urgent hours'],
  work_hour: ['{n} 个工作时', '{n} working hours'],
  work_day: ['{n} 个工作日', '{n} working days'],
  natural_day: ['{n} 个自然日', '{n} natural days'],
})

/** Slots have names that packs do not tell; a slot of a pack's own stands as it is. */
export function slotName(slot: string): string {
  return ['before', 'after', 'check'].includes(slot) ? say(slot as 'before') : slot
}

/** A stage of a pack, and a move of it. */
export const stageOf = (pack: Pack | undefined, id: string) =>
  pack?.stages.find((it) => it.id === id)
export const moveOf = (pack: Pack | undefined, stage: string, id: string) =>
  stageOf(pack, stage)?.moves.find((it) => it.id === id)

/** The photo that a need asks for. */
export function photoOf(need: Need): PhotoNeed | null {
  return typeof need === 'object' && 'photo' in need ? need.photo : null
}

/** The field that a need asks for. */
export function fieldOf(pack: Pack | undefined, need: Need): Field | null {
  if (typeof need !== 'object' || !('field' in need)) return null
  return pack?.form.find((it) => it.id === need.field) ?? null
}

/** A need in words. */
export function needName(pack: Pack | undefined, need: Need): string {
  if (typeof need === 'string') return say(need as 'note')
  if ('photo' in need) return say('photo', { slot: slotName(need.photo.slot) })
  if ('document' in need) return say('document', { slot: need.document })
  const id = 'field' in need ? need.field : need.rows
  return words(pack?.form.find((it) => it.id === id)?.title) || id
}

/** The items of the standard, in the number and order in which the engine counts them. */
export function checklistOf(pack: Pack | undefined, code: string): string[] {
  const standard = pack?.classes.find((it) => it.code === code)?.standard
  const items = (text: string) => text.split('；').filter((it) => it.trim() !== '')
  if (!standard) return []
  const zh = items(standard.zh)
  const en = items(standard.en)
  return language.value === 'en' && en.length === zh.length ? en : zh
}

/** A limit in words, such as `4 个工作时`. */
export function limitName(within: string | null | undefined): string {
  const [n, unit] = (within ?? '').split(' ')
  const isKnown = ['urgent_hour', 'work_hour', 'work_day', 'natural_day'].includes(unit ?? '')
  return isKnown ? say(unit as 'work_hour', { n: n ?? '' }) : (within ?? '—')
}

/** The names of roles. */
export function roleNames(pack: Pack | undefined, roles: readonly string[]): string {
  const name = (id: string) => words(pack?.roles.find((it) => it.id === id)?.title) || id
  return roles.map(name).join(language.value === 'zh' ? '、' : ', ')
}

interface Detail {
  code?: string
  roles?: string[]
  needs?: { need: Need; why: string }[]
  same?: string
  unit?: string
  times?: number
}

/** A problem in words, with the names of the pack instead of its keys. */
export function problemName(pack: Pack | undefined, problem: Problem): string {
  const detail = (problem.details?.[0] ?? {}) as Detail
  if (detail.code === 'not_allowed' && detail.roles)
    return say('only', { roles: roleNames(pack, detail.roles) })
  if (detail.code === 'missing' && detail.needs) return missing(pack, detail.needs)
  if (detail.same && detail.unit) {
    const key = detail.same === 'person' ? 'same_person' : 'same_unit'
    return say(key, { unit: unitName(detail.unit) })
  }
  if (detail.code === 'too_often' && detail.times) return say('too_often', { n: detail.times })
  return advice(problem)
}

function missing(pack: Pack | undefined, needs: { need: Need; why: string }[]): string {
  const one = ({ need, why }: { need: Need; why: string }) => {
    const name = needName(pack, need)
    if (why === 'absent' || need === 'checklist') return name
    const reason = say(why as 'absent')
    return language.value === 'zh' ? `${name}（${reason}）` : `${name} (${reason})`
  }
  return say('needed', { list: needs.map(one).join(language.value === 'zh' ? '、' : ', ') })
}

/** Why the caller may not make a move; nothing where he may. */
export function whyNot(pack: Pack | undefined, move: Move | undefined, act: Act): string {
  // What a move asks for is looked at before who asks, so that roles are looked at here, too.
  if (act.allowed && (!move || holdsRole(...move.by))) return ''
  if (!act.allowed && act.problem) return problemName(pack, act.problem)
  return say('only', { roles: roleNames(pack, move?.by ?? []) })
}

/** A reason of a move in words. */
export function reasonName(move: Move | undefined, id: string): string {
  const title: Text | undefined = move?.reasons.find((it) => it.id === id)?.title
  return words(title) || id
}
