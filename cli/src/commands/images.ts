import { dataDirOf } from '../instance/paths.ts'

/** `rookery images …`: the lab package makes them; this only tells it where the instance lives. */
export async function images(words: readonly string[], o: { dataDir?: string; json?: boolean }): Promise<number> {
  const { imagesCommand } = await import('@rookery/lab/images/command')
  return imagesCommand([...words], { dataDir: dataDirOf(o.dataDir), json: o.json ?? false })
}
