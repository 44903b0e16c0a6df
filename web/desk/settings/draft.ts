// An outline that is being drawn: corners, whether it is closed, and the way back step by step.
import { computed, ref, shallowRef } from 'vue'
import type { Shape } from '@/map/ground'

export type Corner = [lon: number, lat: number]

interface State {
  corners: Corner[]
  isClosed: boolean
}

/** How many steps lead back. */
const STEPS_MAX = 200

export function useDraft() {
  const state = shallowRef<State>({ corners: [], isClosed: false })
  const steps = ref<State[]>([])

  function set(next: Partial<State>): void {
    steps.value = [...steps.value.slice(-STEPS_MAX + 1), state.value]
    state.value = { ...state.value, ...next }
  }

  return {
    corners: computed(() => state.value.corners),
    isClosed: computed(() => state.value.isClosed),
    canUndo: computed(() => steps.value.length > 0),
    begin(corners: Corner[]): void {
      steps.value = []
      state.value = { corners, isClosed: corners.length > 2 }
    },
    add: (at: Corner) => set({ corners: [...state.value.corners, at] }),
    insert: (index: number, at: Corner) =>
      set({
        corners: [
          ...state.value.corners.slice(0, index),
          at,
          ...state.value.corners.slice(index),
        ],
      }),
    move: (index: number, at: Corner) =>
      set({ corners: state.value.corners.map((it, on) => (on === index ? at : it)) }),
    remove(index: number): void {
      const corners = state.value.corners.filter((_, on) => on !== index)
      set({ corners, isClosed: state.value.isClosed && corners.length > 2 })
    },
    close: () => state.value.corners.length > 2 && set({ isClosed: true }),
    clear: () => set({ corners: [], isClosed: false }),
    undo(): void {
      const last = steps.value[steps.value.length - 1]
      if (!last) return
      state.value = last
      steps.value = steps.value.slice(0, -1)
    },
    /** The outline as GeoJSON; nothing before it is closed. */
    shape: computed<Shape | null>(() => {
      const { corners, isClosed } = state.value
      if (!isClosed || corners.length < 3) return null
      return { type: 'Polygon', coordinates: [[...corners, corners[0]!]] }
    }),
  }
}

export type Draft = ReturnType<typeof useDraft>
