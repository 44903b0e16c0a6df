// A network that can be bad: stands between the browser and the service, and does as it is told.
import { createServer, request } from 'node:http'

/** What happens to a request instead of passing. `lost` does the work and loses the answer. */
const WAYS = ['pass', 'cut', 'lost', 'half', 'slow']
const SLOW_MS = 1_500

/** A problem as the service writes one. */
export function problem(status, code) {
  const body = { type: 'about:blank', status, code, title: 'a trial', title_zh: '演练' }
  return { status, body }
}

export class Gate {
  #server = null
  #target
  base = ''
  /** How often each thing happened. */
  counted = {}
  /** Asked before each request: one of the ways, or a problem that is answered. */
  decide = () => 'pass'

  constructor(target) {
    this.#target = new URL(target)
  }

  static async open(target) {
    const gate = new Gate(target)
    gate.#server = createServer((asked, answer) => gate.#take(asked, answer))
    await new Promise((done) => gate.#server.listen(0, '127.0.0.1', done))
    gate.base = `http://127.0.0.1:${gate.#server.address().port}`
    return gate
  }

  close() {
    this.#server.closeAllConnections()
    return new Promise((done) => this.#server.close(done))
  }

  async #take(asked, answer) {
    const parts = []
    for await (const part of asked) parts.push(part)
    const body = Buffer.concat(parts)
    const way = this.decide(asked, body)
    const name = typeof way === 'string' ? way : String(way.status)
    this.counted[name] = (this.counted[name] ?? 0) + 1
    if (typeof way === 'object') return tell(answer, way)
    if (!WAYS.includes(way)) throw new Error(`no such way: ${way}`)
    if (way === 'cut') return void asked.socket.destroy()
    if (way === 'slow') await new Promise((done) => setTimeout(done, SLOW_MS))
    const sent = way === 'half' ? body.subarray(0, body.length / 2) : body
    this.#pass(asked, sent, way, answer)
  }

  #pass(asked, body, way, answer) {
    const { hostname, port } = this.#target
    const { method, url: path, headers } = asked
    const onward = request({ hostname, port, method, path, headers }, (told) => {
      if (way === 'lost') {
        told.resume()
        told.on('end', () => asked.socket.destroy())
        return
      }
      answer.writeHead(told.statusCode, told.headers)
      told.pipe(answer)
    })
    onward.on('error', () => asked.socket.destroy())
    if (way === 'half') {
      // The length that was announced never comes.
      onward.write(body)
      setTimeout(() => {
        onward.destroy()
        asked.socket.destroy()
      }, 50)
    } else onward.end(body)
  }
}

function tell(answer, { status, body }) {
  answer.writeHead(status, { 'content-type': 'application/problem+json' })
  answer.end(JSON.stringify(body))
}
