// Where areas of one parent overlap, leave ground of it uncovered, or lie outside it. Each is
// measured along lines from west to east, exactly on a line, and one line after the other.
import { boxOf, polygonsOf, type Area, type Box, type Shape } from '@/map/ground'

export type FindingKind = 'overlap' | 'gap' | 'outside'

export interface Finding {
  kind: FindingKind
  parent: string
  units: string[]
  /** About how much ground, in square metres. */
  size_m2: number
  /** Where most of it is. */
  box: Box
}

/** How many lines go through a parent. */
const LINES = 240
/** Outlines are kept to a metre: less than this across is no finding, in metres. */
const SLIVER_M = 5
/** Less than this is no finding, in square metres. */
const SIZE_MIN_M2 = 400
const DEGREE_M = 111_320

type Span = [from: number, to: number]

/** The stretches of a shape on a line of latitude. */
function spansOf(shape: Shape, lat: number): Span[] {
  const crossings: number[] = []
  for (const ring of polygonsOf(shape).flat())
    for (let i = 0; i + 1 < ring.length; i += 1) {
      const [ax, ay] = ring[i] as [number, number]
      const [bx, by] = ring[i + 1] as [number, number]
      if (ay > lat !== by > lat) crossings.push(ax + ((lat - ay) * (bx - ax)) / (by - ay))
    }
  crossings.sort((a, b) => a - b)
  const spans: Span[] = []
  for (let i = 0; i + 1 < crossings.length; i += 2)
    spans.push([crossings[i]!, crossings[i + 1]!])
  return spans
}

interface Found {
  size: number
  box: Box | null
  widest: number
}

class Sums {
  readonly found = new Map<string, Found & { kind: FindingKind; units: string[] }>()

  add(
    kind: FindingKind,
    units: string[],
    span: Span,
    lat: number,
    metres: number,
    step: number,
  ) {
    const key = `${kind} ${units.join(' ')}`
    const one = this.found.get(key) ?? { kind, units, size: 0, box: null, widest: 0 }
    one.size += metres * step * DEGREE_M
    if (metres > one.widest) {
      one.widest = metres
      one.box = [span[0], lat - step * 8, span[1], lat + step * 8]
    }
    this.found.set(key, one)
  }
}

function alongLine(
  parent: Area,
  children: readonly Area[],
  lat: number,
  step: number,
  sums: Sums,
) {
  const perDegree = DEGREE_M * Math.cos((lat * Math.PI) / 180)
  const inside = spansOf(parent.geometry, lat)
  const of = children.map((it) => spansOf(it.geometry, lat))
  const edges = [...inside, ...of.flat()].flat().sort((a, b) => a - b)
  for (let i = 0; i + 1 < edges.length; i += 1) {
    const span: Span = [edges[i]!, edges[i + 1]!]
    const metres = (span[1] - span[0]) * perDegree
    if (metres < SLIVER_M) continue
    const middle = (span[0] + span[1]) / 2
    const holds = (spans: Span[]) => spans.some(([from, to]) => middle > from && middle < to)
    const here = children.filter((_, at) => holds(of[at]!)).map((it) => it.id)
    const isInside = holds(inside)
    if (here.length > 1) sums.add('overlap', here, span, lat, metres, step)
    if (isInside && here.length === 0) sums.add('gap', [], span, lat, metres, step)
    if (!isInside && here.length > 0) sums.add('outside', here, span, lat, metres, step)
  }
}

/** What is wrong below one parent. */
function findingsOf(parent: Area, children: readonly Area[]): Finding[] {
  const box = boxOf([parent, ...children].map((it) => it.geometry))!
  const step = (box[3] - box[1]) / LINES
  const sums = new Sums()
  for (let line = 0; line < LINES; line += 1)
    alongLine(parent, children, box[1] + step * (line + 0.5), step, sums)
  return [...sums.found.values()]
    .filter((it) => it.size >= SIZE_MIN_M2 && it.box)
    .map((it) => ({
      kind: it.kind,
      parent: parent.id,
      units: it.units,
      size_m2: it.size,
      box: it.box!,
    }))
}

/** What is wrong with the areas of a realm, the largest first. */
export function coverage(areas: readonly Area[]): Finding[] {
  const byParent = new Map<string, Area[]>()
  for (const it of areas) {
    const parent = it.properties.parent ?? ''
    byParent.set(parent, [...(byParent.get(parent) ?? []), it])
  }
  return areas
    .filter((it) => byParent.has(it.id))
    .flatMap((it) => findingsOf(it, byParent.get(it.id)!))
    .sort((a, b) => b.size_m2 - a.size_m2)
}
