// What is handed on of a matter: a few lines that name nobody. Whoever has the address still needs
// an account that sees the matter.
import { words, wordsOf } from '@/language'
import { className, stageName, unitName } from '@/realm'
import { moment } from '@/time'
import { points } from '../rules'
import type { Task } from '../task/list'
import { dueOf, isSealed, stateOf } from '../task/matter'

const say = wordsOf({
  number: ['编号：{it}', 'Number: {it}'],
  none: ['未立案', 'not filed yet'],
  class: ['问题：{it}', 'What: {it}'],
  place: ['位置：{it}', 'Where: {it}'],
  stage: ['环节：{it}', 'Stage: {it}'],
  due: ['时限：{it}', 'Due: {it}'],
})

/**
 * The lines of a card. Of a sealed pack only the number leaves the phone; of others the named
 * place, which a pack keeps in public, and neither a person, the free text, nor coordinates.
 */
export function cardOf(task: Task, origin: string): string {
  const state = stateOf(task)
  const number = say('number', { it: state.number || say('none') })
  if (isSealed(state)) return number
  const point = points.value.find((it) => it.id === state.point)
  const place = [unitName(state.place_unit), point ? words(point.title) : '']
  const due = dueOf(task)
  return [
    number,
    say('class', { it: className(state.pack, state.standing.class) }),
    say('place', { it: place.filter(Boolean).join(' · ') }),
    say('stage', { it: stageName(state.pack, state.standing.stage) }),
    ...(due ? [say('due', { it: moment(due.at) })] : []),
    `${origin}/field/matter/${state.id}`,
  ].join('\n')
}
