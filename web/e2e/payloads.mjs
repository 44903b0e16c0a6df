// What somebody writes who wants a page to run it: 200 texts, each with its own number.

/** How each payload says that it ran. */
const ran = (n) => `window.__ran=${n}`

const WAYS = [
  (n) => `<script>${ran(n)}</script>`,
  (n) => `<img src=x onerror="${ran(n)}">`,
  (n) => `<svg onload="${ran(n)}">`,
  (n) => `<svg><script>${ran(n)}</script></svg>`,
  (n) => `"><script>${ran(n)}</script>`,
  (n) => `'><img src=x onerror='${ran(n)}'>`,
  (n) => `<a href="javascript:${ran(n)}">x</a>`,
  (n) => `<iframe srcdoc="<script>parent.${ran(n).slice(7)}</script>"></iframe>`,
  (n) => `<iframe src="javascript:${ran(n)}"></iframe>`,
  (n) => `<details open ontoggle="${ran(n)}">`,
  (n) => `<input autofocus onfocus="${ran(n)}">`,
  (n) => `<video><source onerror="${ran(n)}"></video>`,
  (n) => `<math><mtext></mtext><img src=x onerror="${ran(n)}"></math>`,
  (n) => `{{constructor.constructor("${ran(n)}")()}}`,
  (n) => `\${${ran(n)}}`,
  (n) => `<template><img src=x onerror="${ran(n)}"></template>`,
  (n) => `</textarea><script>${ran(n)}</script>`,
  (n) => `</title><script>${ran(n)}</script>`,
  (n) => `<object data="data:text/html,<script>${ran(n)}</script>"></object>`,
  (n) => `<form action="javascript:${ran(n)}"><button>x</button></form>`,
]
const DISGUISES = [
  (it) => it,
  (it) => it.toUpperCase().replaceAll('WINDOW.__RAN', 'window.__ran'),
  (it) => it.replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
  (it) => it.replaceAll('<', '\u003c\u0000').replaceAll('\u0000', ''),
  (it) => `${it}销号`,
  (it) => `[x](javascript:window.__ran=1) ${it}`,
  (it) => it.replaceAll(' ', '/'),
  (it) => `<!--${it}-->${it}`,
  (it) => `<div v-html="'${it.replaceAll("'", '&#39;')}'"></div>`,
  (it) => `\u202e${it}`,
]

/** 200 of them: each way in each disguise. */
export const PAYLOADS = DISGUISES.flatMap((hide, d) =>
  WAYS.map((way, w) => hide(way(1000 + d * WAYS.length + w))),
)
