/**
 * Does work on all items, at most so many at once, and says after each how many are done. A failure
 * does not end the others: the results have the order of the items.
 */
export async function settled<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<Result>,
  done: (count: number) => void,
): Promise<PromiseSettledResult<Result>[]> {
  const results: PromiseSettledResult<Result>[] = [];
  const queue = items.entries();
  let count = 0;
  const worker = async (): Promise<void> => {
    // Each item has its place, in whatever order they are done.
    for (const [i, item] of queue) {
      const [result] = await Promise.allSettled([work(item)]);
      results[i] = result;
      done(++count);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  return results;
}
