// The field app: a page that works with and without a network.
import '@/tokens.css'
import './field.css'
import '@/theme'
import { createApp, nextTick } from 'vue'
import { language, speak } from '@/language'
import App from './App.vue'
import { tokenIn } from '@/link'
import LinkPage from './link/LinkPage.vue'
import { router } from './router'

router.afterEach(() => void nextTick(told))

/** A page is told by its heading, to the ear as in the title. */
function told(): void {
  const heading = document.querySelector('h1')
  const name = heading && heading.textContent
  document.title = name ? `${name} · 闭环` : '闭环·现场'
  const content = document.getElementById('content')
  if (content && document.activeElement !== document.body) content.focus()
}

speak(language.value)
// Whoever fixes it by a link has no account, and sees that one matter alone.
if (tokenIn(window.location)) createApp(LinkPage).mount('#app')
else createApp(App).use(router).mount('#app')
