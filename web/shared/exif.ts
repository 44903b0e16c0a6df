// When and where a photo was taken, as the camera wrote it into the file (JPEG, Exif 2.3).
import { realm } from './session'

export interface Exif {
  /** Milliseconds since 1970 UTC; a time without zone is of the realm's. */
  taken_at?: number
  lon?: number
  lat?: number
}

/** Only the head of a file is looked at, in bytes. */
const HEAD_BYTES = 256 * 1024
const SOI = 0xffd8
const APP1 = 0xffe1
const EXIF = 0x45786966

/** Reads what a photo says; nothing where it says nothing that can be read. */
export async function readExif(file: Blob): Promise<Exif> {
  const view = new DataView(await file.slice(0, HEAD_BYTES).arrayBuffer())
  try {
    const at = tiffAt(view)
    return at === null ? {} : read(view, at)
  } catch (error) {
    // A file that breaks off or lies about its lengths says nothing.
    if (error instanceof RangeError) return {}
    throw error
  }
}

function tiffAt(view: DataView): number | null {
  if (view.byteLength < 4 || view.getUint16(0) !== SOI) return null
  for (let at = 2; at + 10 < view.byteLength;) {
    const marker = view.getUint16(at)
    if (marker === APP1 && view.getUint32(at + 4) === EXIF) return at + 10
    if (marker < 0xffc0 || marker === 0xffda) return null
    at += 2 + view.getUint16(at + 2)
  }
  return null
}

interface Tag {
  count: number
  at: number
}

function read(view: DataView, base: number): Exif {
  const little = view.getUint16(base) === 0x4949
  const u16 = (at: number) => view.getUint16(at, little)
  const u32 = (at: number) => view.getUint32(at, little)
  const tags = (offset: number) => {
    const found = new Map<number, Tag>()
    const start = base + offset
    for (let i = 0; i < u16(start); i += 1) {
      const at = start + 2 + i * 12
      found.set(u16(at), { count: u32(at + 4), at: at + 8 })
    }
    return found
  }
  const text = (tag: Tag | undefined) => {
    if (!tag) return ''
    const from = tag.count > 4 ? base + u32(tag.at) : tag.at
    const codes = Array.from({ length: tag.count }, (_, i) => view.getUint8(from + i))
    return String.fromCharCode(...codes.filter((it) => it > 0))
  }
  const degrees = (tag: Tag | undefined) => {
    if (!tag || tag.count !== 3) return undefined
    const from = base + u32(tag.at)
    const part = (i: number) => u32(from + i * 8) / u32(from + i * 8 + 4)
    const it = part(0) + part(1) / 60 + part(2) / 3600
    return Number.isFinite(it) ? it : undefined
  }
  const root = tags(u32(base + 4))
  const pointer = (tag: number) => {
    const it = root.get(tag)
    return it ? tags(u32(it.at)) : new Map<number, Tag>()
  }
  const photo = pointer(0x8769)
  const gps = pointer(0x8825)
  const [lat, lon] = [degrees(gps.get(2)), degrees(gps.get(4))]
  const exif: Exif = {}
  const taken = instant(text(photo.get(0x9003)), text(photo.get(0x9011)))
  if (taken !== undefined) exif.taken_at = taken
  if (lat !== undefined && lon !== undefined) {
    exif.lat = text(gps.get(1)) === 'S' ? -lat : lat
    exif.lon = text(gps.get(3)) === 'W' ? -lon : lon
  }
  return exif
}

function instant(time: string, zone: string): number | undefined {
  const [, y, mo, d, h, mi, s] = /^(\d+):(\d+):(\d+) (\d+):(\d+):(\d+)/.exec(time) ?? []
  if (!y) return undefined
  const [, sign, zh, zm] = /^([+-])(\d\d):(\d\d)/.exec(zone) ?? []
  const own = sign ? (Number(zh) * 3600 + Number(zm) * 60) * (sign === '-' ? -1 : 1) : undefined
  const offset = own ?? realm.value?.zone_s ?? 0
  const utc = Date.UTC(Number(y), Number(mo) - 1, Number(d), Number(h), Number(mi), Number(s))
  return utc - offset * 1000
}
