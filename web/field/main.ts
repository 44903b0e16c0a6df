// The field app: a page that works with and without a network.
import '@/tokens.css'
import './field.css'
import '@/theme'
import { createApp } from 'vue'
import { language, speak } from '@/language'
import App from './App.vue'
import { router } from './router'

speak(language.value)
createApp(App).use(router).mount('#app')
