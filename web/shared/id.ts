// Ids that a sender makes before anything is sent (UUIDv7, RFC 9562): in the order of time.

let lastMs = 0
let count = 0

/** A new id for this instant, larger than every one made here before. */
export function newId(now_ms: number = Date.now()): string {
  if (now_ms > lastMs) {
    lastMs = now_ms
    count = 0
  } else {
    count += 1
    if (count > 0xfff) {
      lastMs += 1
      count = 0
    }
  }
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  let rest = lastMs
  for (let at = 5; at >= 0; at -= 1) {
    bytes[at] = rest % 256
    rest = Math.floor(rest / 256)
  }
  bytes[6] = 0x70 | (count >> 8)
  bytes[7] = count & 0xff
  bytes[8] = 0x80 | (bytes[8]! & 0x3f)
  const hex = Array.from(bytes, (it) => it.toString(16).padStart(2, '0')).join('')
  const parts = [
    [0, 8],
    [8, 12],
    [12, 16],
    [16, 20],
    [20, 32],
  ] as const
  return parts.map(([from, to]) => hex.slice(from, to)).join('-')
}
