// An outline is drawn corner by corner, and every step has a way back.
import { describe, expect, it } from 'vitest'
import { useDraft } from './draft'

describe('a draft of an outline', () => {
  it('closes from three corners on, and is a ring then', () => {
    const draft = useDraft()
    draft.add([0, 0])
    draft.add([1, 0])
    draft.close()
    expect(draft.isClosed.value).toBe(false)
    draft.add([1, 1])
    draft.close()
    expect(draft.shape.value).toEqual({
      type: 'Polygon',
      coordinates: [
        [
          [0, 0],
          [1, 0],
          [1, 1],
          [0, 0],
        ],
      ],
    })
  })
  it('steps back through moves, insertions and removals', () => {
    const draft = useDraft()
    draft.begin([
      [0, 0],
      [1, 0],
      [1, 1],
    ])
    draft.move(1, [2, 0])
    draft.insert(1, [1, 0])
    draft.remove(0)
    expect(draft.corners.value).toHaveLength(3)
    draft.undo()
    draft.undo()
    draft.undo()
    expect(draft.corners.value[1]).toEqual([1, 0])
    expect(draft.canUndo.value).toBe(false)
  })
  it('opens again where too few corners are left', () => {
    const draft = useDraft()
    draft.begin([
      [0, 0],
      [1, 0],
      [1, 1],
    ])
    draft.remove(0)
    expect(draft.isClosed.value).toBe(false)
    expect(draft.shape.value).toBeNull()
  })
})
