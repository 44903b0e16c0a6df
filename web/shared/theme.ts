// Light or dark, as the device says unless a person chose.
import { ref } from 'vue'

export type Theme = 'auto' | 'light' | 'dark'

const KEY = 'bihuan.theme'
const dark = window.matchMedia('(prefers-color-scheme: dark)')

export const theme = ref<Theme>((localStorage.getItem(KEY) as Theme | null) ?? 'auto')

function show(): void {
  const isDark = theme.value === 'dark' || (theme.value === 'auto' && dark.matches)
  document.documentElement.dataset.theme = isDark ? 'dark' : 'light'
  document.documentElement.classList.toggle('dark', isDark)
}

export function setTheme(it: Theme): void {
  theme.value = it
  localStorage.setItem(KEY, it)
  show()
}

if (dark.addEventListener) dark.addEventListener('change', show)
show()
