// Makes a photo small where no page has to wait for it.
import { scaled } from './scale'

interface Asked {
  id: number
  file: Blob
  side_px: number
  quality: number
}

self.onmessage = async (event: MessageEvent<Asked>) => {
  const { id, file, side_px, quality } = event.data
  try {
    const whole = await createImageBitmap(file)
    const [width, height] = scaled(whole.width, whole.height, side_px)
    const canvas = new OffscreenCanvas(width, height)
    const context = canvas.getContext('2d')
    if (!context) throw new Error('no canvas')
    context.drawImage(whole, 0, 0, width, height)
    whole.close()
    const blob = await canvas.convertToBlob({ type: 'image/jpeg', quality })
    self.postMessage({ id, blob, width, height })
  } catch (error) {
    self.postMessage({ id, error: String(error) })
  }
}
