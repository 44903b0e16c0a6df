// What a task tells, also of a matter of which little is known yet.
import '../browserless'
import { describe, expect, it } from 'vitest'
import { fieldText, placeOf, stateOf } from './matter'
import type { Task } from './list'

const task = (matter: object): Task => ({ life: { matter, texts: {} } }) as unknown as Task

describe('a matter that a resident reported', () => {
  it('has no field filled in and is shown all the same', () => {
    const reported = task({ id: '1', standing: { stage: 'reported', is: 'opened' } })
    expect(fieldText(reported, 'standard')).toBe('')
    expect(placeOf(stateOf(reported))).toBeNull()
  })

  it('tells a field once there is one', () => {
    const filled = {
      life: { matter: { form: { standard: { ref: 'a' } } }, texts: { a: { text: '见本色' } } },
    }
    expect(fieldText(filled as unknown as Task, 'standard')).toBe('见本色')
  })
})
