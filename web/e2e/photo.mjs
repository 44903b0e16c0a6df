// Photos as a phone's camera writes them: JPEG with time and place, no two alike.

/** Draws a scene in a page and gives its bytes; 4000 by 3000 are 12 megapixels. */
async function drawn(page, { seed, width, height, grain }) {
  const text = await page.evaluate(
    async ([seed, width, height, grain]) => {
      const canvas = new OffscreenCanvas(width, height)
      const on = canvas.getContext('2d')
      let state = seed >>> 0 || 1
      const chance = () => {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
        return state / 2 ** 32
      }
      on.fillStyle = `hsl(${Math.floor(chance() * 360)} 30% 70%)`
      on.fillRect(0, 0, width, height)
      for (let n = 0; n < 600; n += 1) {
        on.fillStyle = `hsl(${chance() * 360} ${chance() * 60}% ${20 + chance() * 60}%)`
        const size = (width / 12) * chance()
        on.fillRect(chance() * width, chance() * height, size, size * chance())
      }
      on.fillStyle = '#222'
      on.font = `${Math.round(height / 8)}px sans-serif`
      on.fillText(`${seed}`, width / 20, height / 5)
      if (grain) {
        const all = on.getImageData(0, 0, width, height)
        for (let at = 0; at < all.data.length; at += 4) {
          const noise = chance() * grain
          for (let part = 0; part < 3; part += 1) all.data[at + part] += noise
        }
        on.putImageData(all, 0, 0)
      }
      const blob = await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.85 })
      const bytes = new Uint8Array(await blob.arrayBuffer())
      let said = ''
      for (let at = 0; at < bytes.length; at += 32_768)
        said += String.fromCharCode(...bytes.subarray(at, at + 32_768))
      return btoa(said)
    },
    [seed, width, height, grain],
  )
  return Buffer.from(text, 'base64')
}

/**
 * A photo for a file input: taken at an instant (milliseconds UTC) in a place, as its Exif says.
 * The page only draws it. `grain` is the noise of a sensor, which makes a file as large as a
 * camera's.
 */
export async function photo(
  page,
  { seed, at, lon, lat, width = 640, height = 480, grain = 0 },
) {
  const bytes = await drawn(page, { seed, width, height, grain })
  const buffer = Buffer.concat([
    bytes.subarray(0, 2),
    exif({ at, lon, lat }),
    bytes.subarray(2),
  ])
  return { name: `photo-${seed}.jpg`, mimeType: 'image/jpeg', buffer }
}

const ASCII = 2
const SHORT = 3
const LONG = 4
const RATIONAL = 5
/** Local time of the towns, in hours east of Greenwich. */
const ZONE_H = 8

/** The segment APP1 with time, offset and place (Exif 2.3, little-endian). */
function exif({ at, lon, lat }) {
  const local = new Date(at + ZONE_H * 3_600_000).toISOString()
  const time = `${local.slice(0, 10).replaceAll('-', ':')} ${local.slice(11, 19)}\0`
  const photo = directory([
    [0x9003, ASCII, Buffer.from(time)],
    [0x9011, ASCII, Buffer.from(`+0${ZONE_H}:00\0`)],
  ])
  const gps = directory([
    [1, ASCII, Buffer.from(lat < 0 ? 'S\0' : 'N\0')],
    [2, RATIONAL, degrees(Math.abs(lat))],
    [3, ASCII, Buffer.from(lon < 0 ? 'W\0' : 'E\0')],
    [4, RATIONAL, degrees(Math.abs(lon))],
  ])
  const root = (photoAt, gpsAt) =>
    directory([
      [0x0112, SHORT, Buffer.from([1, 0])],
      [0x8769, LONG, number(photoAt)],
      [0x8825, LONG, number(gpsAt)],
    ])(8)
  const photoAt = 8 + root(0, 0).length
  const photoBytes = photo(photoAt)
  const gpsAt = photoAt + photoBytes.length
  const head = Buffer.from([0x49, 0x49, 0x2a, 0, 8, 0, 0, 0])
  const tiff = Buffer.concat([head, root(photoAt, gpsAt), photoBytes, gps(gpsAt)])
  const body = Buffer.concat([Buffer.from('Exif\0\0'), tiff])
  const segment = Buffer.alloc(4)
  segment.writeUInt16BE(0xffe1, 0)
  segment.writeUInt16BE(body.length + 2, 2)
  return Buffer.concat([segment, body])
}

function number(it) {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(it)
  return bytes
}

function degrees(it) {
  const whole = Math.floor(it)
  const minutes = Math.floor((it - whole) * 60)
  const seconds = Math.round(((it - whole) * 60 - minutes) * 60 * 10_000)
  const parts = [whole, 1, minutes, 1, seconds, 10_000]
  return Buffer.concat(parts.map(number))
}

/** A directory of tags, laid out for the place where it will stand. */
function directory(tags) {
  const units = { [ASCII]: 1, [SHORT]: 2, [LONG]: 4, [RATIONAL]: 8 }
  return (offset) => {
    const head = Buffer.alloc(2 + tags.length * 12 + 4)
    head.writeUInt16LE(tags.length, 0)
    const tail = []
    let end = offset + head.length
    tags.forEach(([tag, type, bytes], index) => {
      const at = 2 + index * 12
      head.writeUInt16LE(tag, at)
      head.writeUInt16LE(type, at + 2)
      head.writeUInt32LE(bytes.length / units[type], at + 4)
      if (bytes.length <= 4) bytes.copy(head, at + 8)
      else {
        head.writeUInt32LE(end, at + 8)
        tail.push(bytes)
        end += bytes.length
      }
    })
    return Buffer.concat([head, ...tail])
  }
}
