// The addresses of the field app, below /field/.
import { createRouter, createWebHistory } from 'vue-router'
import Capture from './pages/Capture.vue'
import Day from './pages/Day.vue'
import Found from './pages/Found.vue'
import MapPage from './pages/MapPage.vue'
import Matter from './pages/Matter.vue'
import Me from './pages/Me.vue'
import Messages from './pages/Messages.vue'
import Outbox from './pages/Outbox.vue'
import Tasks from './pages/Tasks.vue'

export const router = createRouter({
  history: createWebHistory('/field/'),
  routes: [
    { path: '/', component: Capture },
    { path: '/tasks', component: Tasks },
    { path: '/matter/:id', component: Matter, props: true },
    { path: '/day', component: Day },
    { path: '/found', component: Found },
    { path: '/map', component: MapPage },
    { path: '/outbox', component: Outbox },
    { path: '/messages', component: Messages },
    { path: '/me', component: Me },
    { path: '/:rest(.*)*', redirect: '/' },
  ],
  linkActiveClass: 'within',
  scrollBehavior: (_to, _from, kept) => kept || { top: 0 },
})
