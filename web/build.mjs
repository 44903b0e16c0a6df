// Builds every app into `dist/`, one after the other, and lays compressed forms beside each file.
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { build } from 'vite'
import { config } from './vite.config.mjs'

const DIST = new URL('./dist/', import.meta.url).pathname
// Less than this is sent as it is, in bytes.
const PACK_MIN = 1024
const TEXT = /\.(html|js|mjs|css|svg|json|webmanifest)$/

// `node build.mjs desk` builds the desk alone and leaves the other as it is.
const only = process.argv[2]
for (const name of readdirSync(DIST)) {
  const stays = name === '.gitignore' || (only && name !== only)
  if (!stays) rmSync(join(DIST, name), { recursive: true })
}
for (const app of ['field', 'desk']) {
  if (!only || only === app) await build(config(app))
}
for (const path of files(DIST)) if (!only || path.startsWith(join(DIST, only))) pack(path)

function files(dir) {
  return readdirSync(dir).flatMap((name) => {
    const path = join(dir, name)
    return statSync(path).isDirectory() ? files(path) : [path]
  })
}

/** Lays `.br` and `.gz` beside a text that grows smaller by it. */
function pack(path) {
  if (!TEXT.test(path)) return
  const bytes = readFileSync(path)
  if (bytes.length < PACK_MIN) return
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11 }
  writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params }))
  writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }))
}
