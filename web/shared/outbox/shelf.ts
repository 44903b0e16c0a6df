// Where a device keeps what must not be lost: items, photos, drafts and the rules it read. There is
// one in the browser's database, and one in memory for a page that may keep nothing.
import { Dexie, type Table } from 'dexie'
import type { Item, KeptPhoto } from './item'

interface Kept {
  key: string
  value: unknown
}

/** What is kept. Items are told in the order of their making. */
export interface Shelf {
  /** Whether what is kept outlives the page. */
  readonly lasting: boolean
  items(): Promise<Item[]>
  /** Adds items; in the same step a draft may end. */
  add(items: Item[], endsDraft?: string): Promise<void>
  /** Changes an item as it stands now, whoever changed it meanwhile. */
  change(id: string, change: (item: Item) => void): Promise<void>
  remove(ids: string[]): Promise<void>
  photo(digest: string): Promise<KeptPhoto | undefined>
  keepPhoto(photo: KeptPhoto): Promise<void>
  dropPhotos(digests: string[]): Promise<void>
  photoKeys(): Promise<string[]>
  read<T>(key: string): Promise<T | undefined>
  write(key: string, value: unknown): Promise<void>
  /** Erases every key that begins so. */
  erase(prefix: string): Promise<void>
  keys(prefix: string): Promise<string[]>
}

class Cupboard extends Dexie {
  declare items: Table<Item, string>
  declare photos: Table<KeptPhoto, string>
  declare kept: Table<Kept, string>

  constructor(name: string) {
    super(name)
    this.version(1).stores({ items: 'id, matter, state', photos: 'digest', kept: 'key' })
  }
}

class LastingShelf implements Shelf {
  readonly lasting = true
  readonly #db: Cupboard
  constructor(db: Cupboard) {
    this.#db = db
  }
  items() {
    return this.#db.items.orderBy('id').toArray()
  }
  async add(items: Item[], endsDraft?: string) {
    await this.#db.transaction('rw', this.#db.items, this.#db.kept, async () => {
      await this.#db.items.bulkAdd(items)
      if (endsDraft) await this.#db.kept.delete(endsDraft)
    })
  }
  async change(id: string, change: (item: Item) => void) {
    await this.#db.items.where('id').equals(id).modify(change)
  }
  async remove(ids: string[]) {
    await this.#db.items.bulkDelete(ids)
  }
  photo(digest: string) {
    return this.#db.photos.get(digest)
  }
  async keepPhoto(photo: KeptPhoto) {
    await this.#db.photos.put(photo)
  }
  async dropPhotos(digests: string[]) {
    await this.#db.photos.bulkDelete(digests)
  }
  photoKeys() {
    return this.#db.photos.toCollection().primaryKeys()
  }
  async read<T>(key: string) {
    return (await this.#db.kept.get(key))?.value as T | undefined
  }
  async write(key: string, value: unknown) {
    await this.#db.kept.put({ key, value })
  }
  async erase(prefix: string) {
    await this.#db.kept.where('key').startsWith(prefix).delete()
  }
  keys(prefix: string) {
    return this.#db.kept.where('key').startsWith(prefix).primaryKeys()
  }
}

/** Keeps as long as the page is open. */
export class MemoryShelf implements Shelf {
  readonly lasting = false
  readonly #items = new Map<string, Item>()
  readonly #photos = new Map<string, KeptPhoto>()
  readonly #kept = new Map<string, unknown>()

  async items() {
    const all = [...this.#items.values()].map(copy)
    return all.sort((a, b) => (a.id < b.id ? -1 : 1))
  }
  async add(items: Item[], endsDraft?: string) {
    for (const it of items) this.#items.set(it.id, copy(it))
    if (endsDraft) this.#kept.delete(endsDraft)
  }
  async change(id: string, change: (item: Item) => void) {
    const item = this.#items.get(id)
    if (item) change(item)
  }
  async remove(ids: string[]) {
    for (const id of ids) this.#items.delete(id)
  }
  async photo(digest: string) {
    return this.#photos.get(digest)
  }
  async keepPhoto(photo: KeptPhoto) {
    this.#photos.set(photo.digest, photo)
  }
  async dropPhotos(digests: string[]) {
    for (const it of digests) this.#photos.delete(it)
  }
  async photoKeys() {
    return [...this.#photos.keys()]
  }
  async read<T>(key: string) {
    return this.#kept.get(key) as T | undefined
  }
  async write(key: string, value: unknown) {
    this.#kept.set(key, value)
  }
  async erase(prefix: string) {
    for (const key of await this.keys(prefix)) this.#kept.delete(key)
  }
  async keys(prefix: string) {
    return [...this.#kept.keys()].filter((it) => it.startsWith(prefix))
  }
}

const copy = (item: Item): Item => JSON.parse(JSON.stringify(item)) as Item

/** Opens the shelf of this device; one in memory where the browser keeps nothing. */
export async function openShelf(name = 'bihuan-field'): Promise<Shelf> {
  try {
    const db = new Cupboard(name)
    await db.open()
    return new LastingShelf(db)
  } catch {
    return new MemoryShelf()
  }
}

/** Whether the browser refused to keep more. */
export function isFull(error: unknown): boolean {
  const it = error as { name?: string; inner?: { name?: string } } | null
  return it?.name === 'QuotaExceededError' || it?.inner?.name === 'QuotaExceededError'
}
