// The map engine, a script of its own that is fetched when somebody opens the map: the app itself
// stays small, and readable for browsers that know no WebGL 2.
import {
  addProtocol,
  AttributionControl,
  Map,
  NavigationControl,
  ScaleControl,
  setWorkerUrl,
  type GeoJSONSource,
  type GeoJSONSourceSpecification,
  type LayerSpecification,
  type StyleSpecification,
} from 'maplibre-gl'
import { Protocol } from 'pmtiles'

type Asked = BihuanMapAsked
type GeoData = GeoJSONSourceSpecification['data']

function collection(data: object) {
  return { type: 'geojson' as const, data: data as GeoData }
}

function style(asked: Asked): StyleSpecification {
  const { colours, base } = asked
  const sources: StyleSpecification['sources'] = {
    areas: collection(asked.areas),
    names: collection(asked.names),
    points: collection(asked.points),
    dots: collection(asked.dots),
    here: collection({ type: 'FeatureCollection', features: [] }),
  }
  const layers: LayerSpecification[] = [
    { id: 'ground', type: 'background', paint: { 'background-color': colours.ground! } },
  ]
  if (base) {
    const { url, attribution } = base
    if (base.kind === 'raster') {
      sources.base = { type: 'raster', tiles: [url], tileSize: 256, attribution }
      layers.push({ id: 'base', type: 'raster', source: 'base' })
    } else {
      const whole = new URL(url, window.location.href).href
      sources.base = { type: 'vector', url: `pmtiles://${whole}`, attribution }
      layers.push(...baseLayers(colours))
    }
  }
  layers.push(...areaLayers(asked), ...markLayers(asked))
  return { version: 8, sources, layers }
}

/** Water, green and roads, by the names that common vector base maps use. */
function baseLayers(colours: Record<string, string>): LayerSpecification[] {
  const fill = (id: string, layer: string, colour: string): LayerSpecification => ({
    id,
    type: 'fill',
    source: 'base',
    'source-layer': layer,
    paint: { 'fill-color': colour, 'fill-opacity': 0.5 },
  })
  return [
    fill('base-green', 'landuse', colours.greenSoft!),
    fill('base-water', 'water', colours.blueSoft!),
    {
      id: 'base-roads',
      type: 'line',
      source: 'base',
      'source-layer': 'roads',
      paint: { 'line-color': colours.line!, 'line-width': 2 },
    },
  ]
}

function areaLayers({ colours, font }: Asked): LayerSpecification[] {
  return [
    {
      id: 'areas',
      type: 'fill',
      source: 'areas',
      paint: {
        'fill-color': ['case', ['get', 'own'], colours.accentSoft!, colours.sheet!],
        'fill-opacity': 0.55,
      },
    },
    {
      id: 'borders',
      type: 'line',
      source: 'areas',
      paint: {
        'line-color': ['case', ['get', 'own'], colours.accent!, colours.text3!],
        'line-width': ['match', ['get', 'level'], 1, 2.5, 2, 2, 3, 1.5, 0.7],
      },
    },
    {
      id: 'names',
      type: 'symbol',
      source: 'names',
      filter: ['<=', ['get', 'level'], ['step', ['zoom'], 2, 11, 3, 14, 9]],
      layout: {
        'text-field': ['get', 'name'],
        'text-font': [font],
        'text-size': 13,
        'symbol-sort-key': ['get', 'level'],
      },
      paint: {
        'text-color': colours.text2!,
        'text-halo-color': colours.sheet!,
        'text-halo-width': 1.5,
      },
    },
  ]
}

function markLayers({ colours, font }: Asked): LayerSpecification[] {
  const halo = { 'text-halo-color': colours.sheet!, 'text-halo-width': 1.5 }
  return [
    {
      id: 'points',
      type: 'circle',
      source: 'points',
      minzoom: 13,
      paint: {
        'circle-radius': 4,
        'circle-color': colours.sheet!,
        'circle-stroke-color': colours.text3!,
        'circle-stroke-width': 2,
      },
    },
    {
      id: 'point-names',
      type: 'symbol',
      source: 'points',
      minzoom: 15,
      layout: {
        'text-field': ['get', 'name'],
        'text-font': [font],
        'text-size': 12,
        'text-offset': [0, 1.1],
      },
      paint: { 'text-color': colours.text3!, ...halo },
    },
    {
      id: 'dots',
      type: 'circle',
      source: 'dots',
      paint: {
        'circle-radius': 9,
        'circle-color': [
          'match',
          ['get', 'state'],
          'red',
          colours.red!,
          'yellow',
          colours.yellow!,
          colours.grey!,
        ],
        'circle-stroke-color': colours.sheet!,
        'circle-stroke-width': 2,
      },
    },
    {
      id: 'dot-names',
      type: 'symbol',
      source: 'dots',
      minzoom: 13,
      layout: {
        'text-field': ['get', 'name'],
        'text-font': [font],
        'text-size': 13,
        'text-offset': [0, 1.5],
      },
      paint: { 'text-color': colours.text!, ...halo },
    },
    {
      id: 'here',
      type: 'circle',
      source: 'here',
      paint: {
        'circle-radius': 8,
        'circle-color': colours.accent!,
        'circle-stroke-color': colours.sheet!,
        'circle-stroke-width': 3,
      },
    },
  ]
}

window.bihuanMap = (asked) => {
  setWorkerUrl(asked.workerUrl)
  if (asked.base && asked.base.kind === 'pmtiles') addProtocol('pmtiles', new Protocol().tile)
  const map = new Map({
    container: asked.container,
    style: style(asked),
    bounds: asked.box,
    fitBoundsOptions: { padding: 24, animate: false },
    attributionControl: false,
    maxZoom: 19,
    dragRotate: false,
    pitchWithRotate: false,
  })
  map.touchZoomRotate.disableRotation()
  map.addControl(new NavigationControl({ showCompass: false }), 'top-right')
  map.addControl(new ScaleControl({ maxWidth: 90 }), 'bottom-left')
  if (asked.base) map.addControl(new AttributionControl({ compact: true }))
  map.on('load', asked.onReady)
  map.on('error', (it) => asked.onFault(String(it.error && it.error.message)))
  map.on('click', (event) => {
    const near = 14
    const { x, y } = event.point
    const found = map.queryRenderedFeatures(
      [
        [x - near, y - near],
        [x + near, y + near],
      ],
      { layers: ['dots', 'points'] },
    )
    const hit = found.find((it) => it.layer.id === 'dots') || found[0]
    if (!hit) return
    const id = String(hit.properties.id)
    if (hit.layer.id === 'dots') asked.onDot(id)
    else asked.onPoint(id)
  })
  const set = (source: string, data: object) => {
    const it = map.getSource(source) as GeoJSONSource | undefined
    if (it) it.setData(data as Parameters<typeof it.setData>[0])
  }
  return {
    dots: (it) => set('dots', it),
    here: (at) => {
      const geometry = at && { type: 'Point', coordinates: [at.lon, at.lat] }
      const features = at ? [{ type: 'Feature', geometry, properties: {} }] : []
      set('here', { type: 'FeatureCollection', features })
    },
    go: (at) =>
      void map.easeTo({ center: [at.lon, at.lat], zoom: Math.max(15, map.getZoom()) }),
    remove: () => map.remove(),
  }
}
