// What the map engine, a script of its own, offers to the page that loads it.
interface BihuanMapAsked {
  container: HTMLElement
  workerUrl: string
  areas: object
  names: object
  points: object
  dots: object
  colours: Record<string, string>
  font: string
  box: [number, number, number, number]
  base: { kind: string; url: string; attribution: string } | null
  onDot: (id: string) => void
  onPoint: (id: string) => void
  onReady: () => void
  onFault: (why: string) => void
}

interface BihuanMap {
  dots(collection: object): void
  here(at: { lon: number; lat: number } | null): void
  go(at: { lon: number; lat: number }): void
  remove(): void
}

interface Window {
  bihuanMap?: (asked: BihuanMapAsked) => BihuanMap
}
