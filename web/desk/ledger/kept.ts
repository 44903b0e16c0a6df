// What a person keeps on this device: saved views, column sets, widths of columns.
import { ref, watch, type Ref } from 'vue'
import { who } from '@/session'

/** A value kept for the one who is signed in. */
export function keptFor<T>(name: string, begin: T): Ref<T> {
  const key = `bihuan.${name}.${who.value?.account ?? ''}`
  let read = begin
  try {
    read = JSON.parse(localStorage.getItem(key) ?? 'null') ?? begin
  } catch {
    // What cannot be read is begun anew.
  }
  const value = ref(read) as Ref<T>
  watch(value, (it) => localStorage.setItem(key, JSON.stringify(it)), { deep: true })
  return value
}
