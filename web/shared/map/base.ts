// The base map below areas and matters: tiles of a service, or a PMTiles file that the operator
// brought, whose layers are drawn quietly whatever they are called.
import type { LayerSpecification, SourceSpecification } from 'maplibre-gl'
import { token } from './token'

/** A base map as the realm tells it. */
export interface BaseMap {
  kind: string
  url: string
  attribution: string
}

/** A base map as the map draws it. */
export interface Base {
  source: SourceSpecification
  /** Made anew at each drawing, in the colours of that moment. */
  layers: () => LayerSpecification[]
}

const RASTER: LayerSpecification = { id: 'base', type: 'raster', source: 'base' }
/** How the specification of PMTiles calls vector tiles. */
const MVT = 1

let isTaught = false

/** Makes a base map ready; teaches MapLibre to read PMTiles where it must. */
export async function openBase(
  base: BaseMap,
  teach: (scheme: string, read: never) => void,
): Promise<Base> {
  const { attribution } = base
  if (base.kind !== 'pmtiles') {
    const source = { type: 'raster' as const, tiles: [base.url], tileSize: 256, attribution }
    return { source, layers: () => [RASTER] }
  }
  const { PMTiles, Protocol } = await import('pmtiles')
  const protocol = new Protocol()
  const address = new URL(base.url, location.origin).href
  const file = new PMTiles(address)
  protocol.add(file)
  if (!isTaught) teach('pmtiles', protocol.tile as never)
  isTaught = true
  const url = `pmtiles://${address}`
  if ((await file.getHeader()).tileType !== MVT)
    return { source: { type: 'raster', url, attribution }, layers: () => [RASTER] }
  const told = (await file.getMetadata()) as { vector_layers?: { id: string }[] } | null
  const names = (told?.vector_layers ?? []).map((it) => it.id)
  return { source: { type: 'vector', url, attribution }, layers: () => names.flatMap(quietly) }
}

function quietly(name: string): LayerSpecification[] {
  const isWater = /water|ocean|river/.test(name)
  const isBuilding = /build/.test(name)
  const of = { source: 'base', 'source-layer': name } as const
  return [
    {
      id: `base-${name}-fill`,
      type: 'fill',
      ...of,
      filter: ['==', ['geometry-type'], 'Polygon'],
      paint: {
        'fill-color': token(isWater ? 'blue-soft' : isBuilding ? 'line' : 'grey-soft'),
        'fill-opacity': 0.7,
      },
    },
    {
      id: `base-${name}-line`,
      type: 'line',
      ...of,
      filter: ['==', ['geometry-type'], 'LineString'],
      paint: {
        'line-color': token(isWater ? 'blue-soft' : 'line'),
        'line-width': ['interpolate', ['linear'], ['zoom'], 10, 0.6, 16, 5],
      },
    },
  ]
}
