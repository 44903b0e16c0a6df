// The field app as it is built: a web view of 2018 must be able to read it.
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'acorn'

const FIELD = join(import.meta.dirname, '..', 'dist', 'field')

/** The map takes WebGL 2 and a newer browser anyway; without it there is a list and a plain map. */
const ENGINE = /maplibre-(engine|gl-worker)-/

function scripts(folder) {
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true })
  const found = entries.filter((it) => it.isFile() && it.name.endsWith('.js'))
  return found.map((it) => join(it.parentPath, it.name))
}

const reads = (text) => {
  try {
    return !!parse(text, { ecmaVersion: 2018, sourceType: 'module' })
  } catch {
    return false
  }
}

test('every script of the field app is of ES2018', () => {
  const all = scripts(FIELD)
  assert.ok(all.length > 1, 'the field app is not built')
  const read = all.filter((it) => !ENGINE.test(it))
  assert.ok(
    read.some((it) => it.endsWith('/sw.js')),
    'the service worker is among them',
  )
  assert.ok(all.length - read.length <= 2, 'the map engine and its worker alone are left out')
  const newer = read.filter((it) => !reads(readFileSync(it, 'utf8')))
  assert.deepEqual(newer, [])
  assert.equal(reads('a?.b'), false, 'the control is read')
})
