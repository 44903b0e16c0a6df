// How the map looks: sources and layers for MapLibre, coloured by the tokens of the pages. Names
// are drawn from fonts of the device, since no glyph server is asked.
import type {
  GeoJSONSourceSpecification,
  LayerSpecification,
  StyleSpecification,
} from 'maplibre-gl'
import { words } from '../language'
import type { Base } from './base'
import { token } from './token'
import { middleOf, type Area } from './ground'
import { addressOf, DUE_SHAPES, DUE_TOKENS, type DueState, type MapFilter } from './matters'

const FONT = ['sans-serif']
/** From this zoom on the smallest areas have names. */
const GRID_NAMES_FROM = 14

/** The address of the tiles of matters. */
function matterTiles(filter: MapFilter): string[] {
  return [`${location.origin}/api/v1/map/matters/{z}/{x}/{y}.mvt?${addressOf(filter)}`]
}

/** Where the names of areas stand. */
export function namesOf(areas: readonly Area[]): GeoJSONSourceSpecification['data'] {
  const features = areas.map((it) => ({
    type: 'Feature' as const,
    geometry: { type: 'Point' as const, coordinates: middleOf(it.geometry) },
    properties: { name: words(it.properties.title), level: it.properties.level },
  }))
  return { type: 'FeatureCollection', features }
}

const byDue = (of: (due: DueState) => string): unknown[] => [
  'match',
  ['get', 'due'],
  ...(['overdue', 'soon', 'ended'] as DueState[]).flatMap((it) => [it, of(it)]),
  of('later'),
]

/** The whole style. */
export function styleOf(
  filter: MapFilter,
  areas: readonly Area[],
  base: Base | null,
  isBare = false,
): StyleSpecification {
  const origin = location.origin
  const style: StyleSpecification = {
    version: 8,
    sources: {
      areas: {
        type: 'vector',
        tiles: [`${origin}/api/v1/map/areas/{z}/{x}/{y}.mvt`],
        maxzoom: 16,
      },
      names: { type: 'geojson', data: namesOf(areas) },
    },
    layers: [
      { id: 'ground', type: 'background', paint: { 'background-color': token('sunk') } },
      ...areaLayers(base !== null, filter.unit),
      ...nameLayers(),
      ...(isBare ? [] : matterLayers()),
    ],
  }
  if (!isBare)
    style.sources.matters = { type: 'vector', tiles: matterTiles(filter), maxzoom: 18 }
  if (base) {
    style.sources.base = base.source
    style.layers.splice(1, 0, ...base.layers())
  }
  return style
}

function areaLayers(hasBase: boolean, unit: string | undefined): LayerSpecification[] {
  const of = { source: 'areas', 'source-layer': 'areas' } as const
  const chosen: LayerSpecification[] = unit
    ? [
        {
          id: 'area-chosen',
          type: 'line',
          ...of,
          filter: ['==', ['get', 'id'], unit],
          paint: { 'line-color': token('accent'), 'line-width': 3 },
        },
      ]
    : []
  return [
    {
      id: 'area-fill',
      type: 'fill',
      ...of,
      filter: ['<=', ['get', 'level'], 3],
      paint: { 'fill-color': token('sheet'), 'fill-opacity': hasBase ? 0.1 : 0.6 },
    },
    {
      id: 'area-line',
      type: 'line',
      ...of,
      filter: ['any', ['<=', ['get', 'level'], 3], ['>=', ['zoom'], 12.5]],
      paint: {
        'line-color': token('text-3'),
        'line-width': ['match', ['get', 'level'], 1, 3, 2, 2.2, 3, 1.2, 0.5],
        'line-opacity': ['match', ['get', 'level'], 1, 0.9, 2, 0.8, 3, 0.6, 0.45],
      },
    },
    ...chosen,
  ]
}

function nameLayers(): LayerSpecification[] {
  const look = {
    'text-color': token('text-2'),
    'text-halo-color': token('sheet'),
    'text-halo-width': 1.4,
  }
  const field = { 'text-field': ['get', 'name'], 'text-font': FONT, 'text-max-width': 8 }
  return [
    {
      id: 'names-of-villages',
      type: 'symbol',
      source: 'names',
      minzoom: 11.5,
      filter: ['==', ['get', 'level'], 3],
      layout: { ...field, 'text-size': 13 } as never,
      paint: look,
    },
    {
      id: 'names-of-grids',
      type: 'symbol',
      source: 'names',
      minzoom: GRID_NAMES_FROM,
      filter: ['>', ['get', 'level'], 3],
      layout: { ...field, 'text-size': 11 } as never,
      paint: look,
    },
  ]
}

function matterLayers(): LayerSpecification[] {
  const matters = { source: 'matters', 'source-layer': 'matters' } as const
  const counts = { source: 'matters', 'source-layer': 'counts' } as const
  const isLate = ['>', ['get', 'overdue'], 0]
  return [
    {
      id: 'matters',
      type: 'circle',
      ...matters,
      layout: {
        'circle-sort-key': ['match', ['get', 'due'], 'overdue', 3, 'soon', 2, 1],
      },
      paint: {
        'circle-color': byDue((it) => token(DUE_TOKENS[it])) as never,
        'circle-radius': ['interpolate', ['linear'], ['zoom'], 11, 6, 16, 11],
        'circle-stroke-color': token('sheet'),
        'circle-stroke-width': 1.5,
      },
    },
    {
      id: 'matter-shapes',
      type: 'symbol',
      ...matters,
      layout: {
        'text-field': byDue((it) => DUE_SHAPES[it]) as never,
        'text-font': ['bold sans-serif'],
        'text-size': ['interpolate', ['linear'], ['zoom'], 11, 10, 16, 16],
        'text-allow-overlap': true,
        'text-ignore-placement': true,
      },
      paint: { 'text-color': token('sheet') },
    },
    {
      id: 'counts',
      type: 'circle',
      ...counts,
      paint: {
        'circle-color': ['case', isLate, token('red-soft'), token('accent-soft')] as never,
        'circle-radius': ['interpolate', ['linear'], ['get', 'count'], 2, 13, 500, 34] as never,
        'circle-stroke-color': ['case', isLate, token('red'), token('accent')] as never,
        'circle-stroke-width': 2,
      },
    },
    {
      id: 'count-figures',
      type: 'symbol',
      ...counts,
      layout: {
        'text-field': ['to-string', ['get', 'count']] as never,
        'text-font': ['bold sans-serif'],
        'text-size': 13,
        'text-allow-overlap': true,
        'text-ignore-placement': true,
      },
      paint: { 'text-color': ['case', isLate, token('red'), token('accent')] as never },
    },
  ]
}
