// Parts of a photo that are covered, in fractions of its width and height from the upper left.

export interface Cover {
  x: number
  y: number
  w: number
  h: number
}

/** A spot on a photo, in the same fractions. */
export interface Spot {
  x: number
  y: number
}

/** Most parts of one photo, as the service takes them. */
export const COVERS_MAX = 64
/** Least side of a part: a smaller one covers nothing and cannot be seen. */
export const SIDE_MIN = 0.01
/** The service covers so many pixels more on each side of the large copy. */
const MARGIN_PX = 8
/** Side of a part that is added without drawing it. */
const SIDE_FIRST = 0.12

const within = (it: number, least: number, most: number) => Math.min(most, Math.max(least, it))
/** Fine enough for any screen, and short in the request. */
const round = (it: number) => Math.round(it * 10_000) / 10_000

function whole(it: Cover): Cover {
  return { x: round(it.x), y: round(it.y), w: round(it.w), h: round(it.h) }
}

/** One to begin with, in the middle; each next one a little lower, so that none hides another. */
export function first(count: number): Cover {
  const step = (count % 8) * 0.03
  const at = 0.5 - SIDE_FIRST / 2 + step
  return whole({ x: at, y: at, w: SIDE_FIRST, h: SIDE_FIRST })
}

/** The part between two spots, whichever was first. */
export function between(a: Spot, b: Spot): Cover {
  // Edges are rounded, not sides: else a part at the edge reaches beyond the photo by a rounding.
  const edge = (it: number) => round(within(it, 0, 1))
  const [x, y] = [edge(Math.min(a.x, b.x)), edge(Math.min(a.y, b.y))]
  const [right, bottom] = [edge(Math.max(a.x, b.x)), edge(Math.max(a.y, b.y))]
  return whole({ x, y, w: right - x, h: bottom - y })
}

/** Whether a part is large enough to be meant. */
export const isMeant = (it: Cover) => it.w >= SIDE_MIN && it.h >= SIDE_MIN

/** The part elsewhere, within the photo. */
export function moved(it: Cover, by: Spot): Cover {
  const x = within(it.x + by.x, 0, 1 - it.w)
  const y = within(it.y + by.y, 0, 1 - it.h)
  return whole({ ...it, x, y })
}

/** The part with its right and lower edges elsewhere, within the photo. */
export function grown(it: Cover, by: Spot): Cover {
  const w = within(it.w + by.x, SIDE_MIN, 1 - it.x)
  const h = within(it.h + by.y, SIDE_MIN, 1 - it.y)
  return whole({ ...it, w, h })
}

/** The part as the service will cover it, on a copy of so many pixels. */
export function withMargin(it: Cover, width_px: number, height_px: number): Cover {
  const [dx, dy] = [MARGIN_PX / (width_px || 1), MARGIN_PX / (height_px || 1)]
  return between({ x: it.x - dx, y: it.y - dy }, { x: it.x + it.w + dx, y: it.y + it.h + dy })
}

/** Where a part stands, for a style. */
export function placeOf(it: Cover): Record<'left' | 'top' | 'width' | 'height', string> {
  const share = (n: number) => `${n * 100}%`
  return { left: share(it.x), top: share(it.y), width: share(it.w), height: share(it.h) }
}
