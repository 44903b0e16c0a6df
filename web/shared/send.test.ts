// Ids of commands stay through retries and change with what is asked for.
import { expect, test } from 'vitest'
import { hasWayBack, idKeeper } from './send'

const note = (text: string) => ({ matter: 'm', command: { note: { text } } })

test('the same command keeps its id, another gets its own', () => {
  const withId = idKeeper()
  const first = withId(note('a'))
  expect(withId(note('a')).id).toBe(first.id)
  expect(withId(note('b')).id).not.toBe(first.id)
})

test('only some commands have a way back', () => {
  expect(hasWayBack({ name: { person: 'p1' } })).toBe(true)
  expect(hasWayBack({ suspend: { grant: { reason: '', until: 0 } } })).toBe(true)
  expect(hasWayBack({ suspend: 'resume' })).toBe(false)
  expect(hasWayBack({ urge: { text: '' } })).toBe(false)
})
