import { expect, test } from 'vitest'
import {
  between,
  COVERS_MAX,
  first,
  grown,
  isMeant,
  moved,
  SIDE_MIN,
  withMargin,
} from './cover'

const face = { x: 0.4, y: 0.2, w: 0.1, h: 0.2 }

test('a part is the same from whichever corner it is drawn, and never beyond the photo', () => {
  const [a, b] = [
    { x: 0.1, y: 0.9 },
    { x: 0.3, y: 0.5 },
  ]
  expect(between(a, b)).toEqual({ x: 0.1, y: 0.5, w: 0.2, h: 0.4 })
  expect(between(b, a)).toEqual(between(a, b))
  expect(between({ x: -1, y: 0.5 }, { x: 2, y: 3 })).toEqual({ x: 0, y: 0.5, w: 1, h: 0.5 })
  const odd = between({ x: 0.33335, y: 0.33335 }, { x: 1, y: 1 })
  expect(odd.x + odd.w <= 1 && odd.y + odd.h <= 1).toBe(true)
})

test('what was a tap and no drawing is not meant', () => {
  expect(isMeant(between({ x: 0.5, y: 0.5 }, { x: 0.5, y: 0.5 }))).toBe(false)
  expect(isMeant(face)).toBe(true)
})

test('a part that is moved or grown stays within the photo and can be seen', () => {
  expect(moved(face, { x: 0.1, y: -0.1 })).toEqual({ ...face, x: 0.5, y: 0.1 })
  expect(moved(face, { x: 1, y: -1 })).toEqual({ ...face, x: 0.9, y: 0 })
  expect(grown(face, { x: 0.1, y: 0.1 })).toEqual({ ...face, w: 0.2, h: 0.3 })
  expect(grown(face, { x: 9, y: -9 })).toEqual({ ...face, w: 0.6, h: SIDE_MIN })
})

test('each of the most parts that are added without a pointer lies within the photo', () => {
  for (let n = 0; n < COVERS_MAX; n += 1) {
    const it = first(n)
    expect(it.x >= 0 && it.y >= 0 && it.x + it.w <= 1 && it.y + it.h <= 1).toBe(true)
  }
})

test('what is shown as covered is what the service covers: eight pixels more on each side', () => {
  expect(withMargin(face, 800, 400)).toEqual({ x: 0.39, y: 0.18, w: 0.12, h: 0.24 })
  expect(withMargin({ x: 0, y: 0, w: 1, h: 1 }, 800, 400)).toEqual({ x: 0, y: 0, w: 1, h: 1 })
})
