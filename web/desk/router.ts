// The pages of the desk. The address holds all that a page shows, so that a link can be kept.
import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router'

const routes: RouteRecordRaw[] = [
  { path: '/', name: 'overview', component: () => import('./pages/Overview.vue') },
  { path: '/inbox', name: 'inbox', component: () => import('./pages/Inbox.vue') },
  { path: '/ledger', name: 'ledger', component: () => import('./pages/Ledger.vue') },
  { path: '/matters/:id', name: 'matter', component: () => import('./pages/Matter.vue') },
  {
    path: '/acceptance',
    name: 'acceptance',
    component: () => import('./pages/Acceptance.vue'),
  },
  {
    path: '/second-looks',
    name: 'second_looks',
    component: () => import('./pages/SecondLooks.vue'),
  },
  {
    path: '/supervision',
    name: 'supervision',
    component: () => import('./pages/Supervision.vue'),
  },
  { path: '/map', name: 'map', component: () => import('./pages/Map.vue') },
  {
    path: '/wall',
    name: 'wall',
    component: () => import('./pages/Wall.vue'),
    meta: { bare: true },
  },
  {
    path: '/settings/:section?',
    name: 'settings',
    component: () => import('./pages/Settings.vue'),
  },
  { path: '/:rest(.*)*', name: 'nothing', component: () => import('./pages/Nothing.vue') },
]

export const router = createRouter({ history: createWebHistory('/desk/'), routes })

// Who reads with the ears hears the new page from its beginning.
router.afterEach((to, from) => {
  if (from.name && to.name !== from.name)
    requestAnimationFrame(() => document.getElementById('content')?.focus())
})
