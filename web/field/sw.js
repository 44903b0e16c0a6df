// The service worker: keeps the app, and nothing of the realm. A new version waits until the page
// says that nobody is in the middle of something.
const VERSION = '__VERSION__'
const SHELL = `shell-${VERSION}`
const FILES = ['__FILES__']
const PAGE = '/field/'

self.addEventListener('install', (event) => {
  event.waitUntil(
    caches.open(SHELL).then((it) => it.addAll([PAGE, '/field/manifest.webmanifest', ...FILES])),
  )
})

self.addEventListener('activate', (event) => {
  const drop = (names) =>
    Promise.all(
      names
        .filter((it) => it !== SHELL && it.startsWith('shell-'))
        .map((it) => caches.delete(it)),
    )
  event.waitUntil(
    caches
      .keys()
      .then(drop)
      .then(() => self.clients.claim()),
  )
})

self.addEventListener('message', (event) => {
  if (event.data === 'take_over') self.skipWaiting()
})

self.addEventListener('fetch', (event) => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== self.location.origin) return
  if (!url.pathname.startsWith('/field/')) return
  if (request.mode === 'navigate') {
    event.respondWith(caches.match(PAGE).then((it) => it || fetch(request)))
    return
  }
  event.respondWith(
    caches
      .match(request, { ignoreVary: true })
      .then((it) => it || fetch(request).then((answer) => keep(request, answer))),
  )
})

/** Keeps what was fetched later, such as the map. */
function keep(request, answer) {
  if (answer.ok && new URL(request.url).pathname.startsWith('/field/assets/')) {
    const copy = answer.clone()
    caches.open(SHELL).then((it) => it.put(request, copy))
  }
  return answer
}
