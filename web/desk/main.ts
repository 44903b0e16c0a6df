// The desk: begins the app in its page.
import '@/tokens.css'
import '@/theme'
import './parts/desk.css'
import { createApp } from 'vue'
import App from './App.vue'
import { router } from './router'

createApp(App).use(router).mount('#app')
