// The real program over a town of its own: made once for a run, copied for each file of stories.
import { spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** Where a run keeps the town that its files copy; without it each makes its own. */
export const TOWN = 'BIHUAN_TOWN'
/** The password of everybody in the demonstration; nothing in it is a secret. */
export const PASSWORD = 'qingcen-2021'
/** Days that the town has lived through: enough to have something in every list. */
const DAYS = 2
const UNLIMITED = Object.fromEntries(
  ['ADDRESS', 'ACCOUNT'].flatMap((it) => [
    [`BIHUAN_RATE_${it}_PER_MIN`, '1000000'],
    [`BIHUAN_RATE_${it}_BURST`, '1000000'],
  ]),
)

function program() {
  const found = process.env.BIHUAN_BIN
  if (!found) throw new Error('BIHUAN_BIN names no program; `cargo xtask test` does')
  return found
}

/** A folder that is gone when this process ends. */
export function scratch(name) {
  const folder = mkdtempSync(join(tmpdir(), `bihuan-${name}-`))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Has the program play a town into a new folder. */
export function foundTown() {
  const dir = join(scratch('town'), 'realm')
  const words = ['demo', '--dir', dir, '--days', String(DAYS), '--json']
  const made = spawnSync(program(), words, { encoding: 'utf8' })
  if (made.status !== 0) throw new Error(`no town: ${made.stderr}`)
  return dir
}

/** A running service; `stop` and `start` are a restart over the same realm. */
export class Town {
  #child = null
  #tokens = {}
  #address = '127.0.0.1:0'
  /** Where it listens, such as `http://127.0.0.1:8080`. */
  base = ''

  /** `settings` are variables of the environment that this town runs with. */
  constructor(settings = {}) {
    this.settings = settings
    this.dir = join(scratch('realm'), 'realm')
    cpSync(process.env[TOWN] ?? foundTown(), this.dir, { recursive: true })
  }

  static async open(settings) {
    const town = new Town(settings)
    await town.start()
    return town
  }

  async start() {
    const words = ['serve', '--dir', this.dir, '--listen', this.#address, '--json']
    const env = { ...process.env, ...UNLIMITED, BIHUAN_LOG_LEVEL: 'warn', ...this.settings }
    const child = spawn(program(), words, { env, stdio: ['ignore', 'pipe', 'inherit'] })
    this.#child = child
    const line = await new Promise((resolve, reject) => {
      createInterface({ input: child.stdout }).once('line', resolve)
      child.once('exit', (code) => reject(new Error(`the service ended: ${code}`)))
    })
    this.base = JSON.parse(line).listening
    // A service that is started again is found where it was.
    this.#address = this.base.replace('http://', '')
  }

  async stop() {
    const child = this.#child
    this.#child = null
    if (!child || child.exitCode !== null) return
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await gone
  }

  /** Asks the API as an account; the answer of the service, read as JSON. */
  async ask(token, method, path, body) {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const init = {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
    }
    const answer = await fetch(`${this.base}${path}`, init)
    const text = await answer.text()
    return { status: answer.status, body: text ? JSON.parse(text) : null }
  }

  /** The token of an account, which signs in the first time. */
  token(account) {
    this.#tokens[account] ??= this.#signIn(account)
    return this.#tokens[account]
  }

  async #signIn(account) {
    const body = JSON.stringify({ account, password: PASSWORD, bearer: true })
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body }
    const answer = await fetch(`${this.base}/api/v1/sessions`, init)
    const told = await answer.json()
    if (!told.token) throw new Error(`${account} cannot sign in: ${JSON.stringify(told)}`)
    return told.token
  }
}
