// Choices that a seed repeats.

/** A generator of numbers from 0 to 1 (mulberry32). */
export function chances(seed) {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let it = Math.imul(state ^ (state >>> 15), 1 | state)
    it = (it + Math.imul(it ^ (it >>> 7), 61 | it)) ^ it
    return ((it ^ (it >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    next,
    /** Whether it happens, of a hundred times. */
    percent: (it) => next() * 100 < it,
    /** A whole number below another. */
    below: (it) => Math.floor(next() * it),
    pick: (list) => list[Math.floor(next() * list.length)],
  }
}
