// What photos tell of themselves: time and place of a camera, and nothing of what is no photo.
import { beforeAll, expect, test, vi } from 'vitest'

let readExif: (file: Blob) => Promise<object>

beforeAll(async () => {
  vi.stubGlobal('localStorage', { getItem: () => null })
  readExif = (await import('./exif')).readExif
})

/** Writes a JPEG that carries one time with its zone, and one place. */
function photo(time: string, zone: string, place: { n: string; e: string }): Blob {
  const bytes = new Uint8Array(400)
  const view = new DataView(bytes.buffer)
  const base = 12
  const text = (at: number, it: string) =>
    [...it].forEach((one, n) => view.setUint8(at + n, one.charCodeAt(0)))
  const entry = (at: number, tag: number, kind: number, count: number, value: number) => {
    view.setUint16(at, tag)
    view.setUint16(at + 2, kind)
    view.setUint32(at + 4, count)
    view.setUint32(at + 8, value)
  }
  view.setUint16(0, 0xffd8)
  view.setUint16(2, 0xffe1)
  view.setUint16(4, 390)
  text(6, 'Exif')
  view.setUint16(base, 0x4d4d)
  view.setUint16(base + 2, 42)
  view.setUint32(base + 4, 8)
  view.setUint16(base + 8, 2)
  entry(base + 10, 0x8769, 4, 1, 40)
  entry(base + 22, 0x8825, 4, 1, 80)
  view.setUint16(base + 40, 2)
  entry(base + 42, 0x9003, 2, 20, 160)
  entry(base + 54, 0x9011, 2, 7, 190)
  text(base + 160, time)
  text(base + 190, zone)
  view.setUint16(base + 80, 4)
  entry(base + 82, 1, 2, 2, 0)
  text(base + 90, place.n)
  entry(base + 94, 2, 5, 3, 210)
  entry(base + 106, 3, 2, 2, 0)
  text(base + 114, place.e)
  entry(base + 118, 4, 5, 3, 240)
  const parts = (at: number, it: number[]) =>
    it.forEach((one, n) => {
      view.setUint32(base + at + n * 8, one)
      view.setUint32(base + at + n * 8 + 4, 1)
    })
  parts(210, [34, 54, 36])
  parts(240, [113, 3, 0])
  return new Blob([bytes], { type: 'image/jpeg' })
}

test('a photo tells when and where it was taken', async () => {
  const read = await readExif(photo('2021:04:16 15:30:00', '+08:00', { n: 'N', e: 'E' }))
  expect(read).toEqual({ taken_at: Date.UTC(2021, 3, 16, 7, 30), lat: 34.91, lon: 113.05 })
})

test('south and west are below zero', async () => {
  const read = await readExif(photo('2021:04:16 15:30:00', '', { n: 'S', e: 'W' }))
  expect(read).toMatchObject({ lat: -34.91, lon: -113.05 })
})

test('what is no photo, or breaks off, says nothing', async () => {
  expect(await readExif(new Blob(['<svg/>']))).toEqual({})
  const whole = photo('2021:04:16 15:30:00', '', { n: 'N', e: 'E' })
  expect(await readExif(whole.slice(0, 60))).toEqual({})
})
