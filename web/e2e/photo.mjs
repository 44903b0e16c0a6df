// Photos as a phone's camera writes them: JPEG with time and place, no two alike.

/** Draws in the page: a yard by a wall under the sky, and a heap of rubbish where there is one. */
async function draw({ seed, scene, heap, width, height, grain }) {
  const canvas = new OffscreenCanvas(width, height)
  const on = canvas.getContext('2d')
  const chances = (from) => {
    let state = from >>> 0 || 1
    return () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      return state / 2 ** 32
    }
  }
  // The same scene is the same place; the seed is the moment.
  const place = chances(scene * 7_919)
  const moment = chances(seed * 104_729)
  const fill = (colour, x, y, w, h) => {
    on.fillStyle = colour
    on.fillRect(x * width, y * height, w * width, h * height)
  }
  const horizon = 0.35 + place() * 0.2
  fill(`hsl(${205 + moment() * 10} 35% ${72 + moment() * 8}%)`, 0, 0, 1, horizon)
  fill(`hsl(${30 + place() * 20} 12% ${44 + moment() * 6}%)`, 0, horizon, 1, 1)
  for (let at = place() * 0.1 - 0.1; at < 1; at += 0.12 + place() * 0.1) {
    const tall = 0.1 + place() * 0.25
    const colour = `hsl(${10 + place() * 40} ${15 + place() * 20}% ${45 + place() * 25}%)`
    fill(colour, at, horizon - tall, 0.1 + place() * 0.14, tall)
    for (let n = 0; n < 4; n += 1)
      fill('hsl(210 20% 30%)', at + 0.012 + n * 0.024, horizon - tall * 0.7, 0.012, tall * 0.2)
  }
  for (let n = 0; n < 40; n += 1) {
    const colour = `hsl(35 8% ${36 + place() * 18}%)`
    fill(colour, place(), horizon + place() * (1 - horizon), 0.05 + place() * 0.2, 0.004)
  }
  const left = 0.25 + place() * 0.3
  const middle = horizon + (1 - horizon) * (0.4 + place() * 0.2)
  for (let n = 0; heap && n < 260; n += 1) {
    const [x, y] = [place() + place() - 1, place() + place() - 1]
    on.save()
    on.translate((left + 0.12 + x * 0.16) * width, (middle + y * 0.09) * height)
    on.rotate(place() * 3)
    on.fillStyle = `hsl(${place() * 360} ${place() * 45}% ${25 + place() * 55}%)`
    const size = width * (0.008 + place() * 0.02)
    on.fillRect(-size, -size / 2, size * 2, size)
    on.restore()
  }
  const all = on.getImageData(0, 0, width, height)
  for (let at = 0; at < all.data.length; at += 4) {
    const noise = moment() * grain
    for (let part = 0; part < 3; part += 1) all.data[at + part] += noise
  }
  on.putImageData(all, 0, 0)
  const blob = await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.85 })
  const bytes = new Uint8Array(await blob.arrayBuffer())
  let said = ''
  for (let at = 0; at < bytes.length; at += 32_768)
    said += String.fromCharCode(...bytes.subarray(at, at + 32_768))
  return btoa(said)
}

/**
 * A photo for a file input: taken at an instant (milliseconds UTC) in a place, as its Exif says.
 * The page only draws it: 4000 by 3000 are 12 megapixels. `grain` is the noise of a sensor, which
 * makes a file as large as a camera's.
 */
export async function photo(page, { seed, at, lon, lat, ...more }) {
  const look = { seed, scene: seed, heap: true, width: 640, height: 480, grain: 8, ...more }
  const bytes = Buffer.from(await page.evaluate(draw, look), 'base64')
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
