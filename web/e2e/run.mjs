// Plays the stories one file after the other: `node e2e/run.mjs [file…]`, all of them by default.
// The town is made once, and each file copies it.
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { foundTown, TOWN } from './town.mjs'

const HERE = import.meta.dirname
const asked = process.argv.slice(2)
const all = readdirSync(HERE).filter((it) => it.endsWith('.test.mjs'))
const files = (asked.length > 0 ? asked : all.sort()).map((it) => join(HERE, it))

process.env[TOWN] ??= foundTown()
let failed = 0
const stream = run({ files, concurrency: 1 })
stream.on('test:fail', () => {
  failed += 1
})
stream.compose(new spec()).pipe(process.stdout)
stream.on('end', () => {
  process.exitCode = failed > 0 ? 1 : 0
})
