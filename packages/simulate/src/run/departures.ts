/** A priority queue of departures, the earliest first (a binary heap). */
export interface Departures<T> {
  readonly add: (at: number, item: T) => void;
  /** Removes and returns the items that leave at or before this time, the earliest first. */
  readonly until: (at: number) => Generator<T>;
}

interface Leaving<T> {
  readonly at: number;
  /** Counts the additions: of two items with the same time, the one added first leaves first. */
  readonly order: number;
  readonly item: T;
}

export function departures<T>(): Departures<T> {
  const heap: Leaving<T>[] = [];
  let added = 0;
  const swap = (i: number, j: number): void => {
    const [a, b] = [heap[i], heap[j]];
    if (a === undefined || b === undefined) return;
    [heap[i], heap[j]] = [b, a];
  };
  const before = (i: number, j: number): boolean => {
    const [a, b] = [heap[i], heap[j]];
    if (a === undefined || b === undefined) return false;
    return a.at < b.at || (a.at === b.at && a.order < b.order);
  };
  const rise = (from: number): void => {
    for (let i = from; i > 0 && before(i, (i - 1) >> 1); i = (i - 1) >> 1) swap(i, (i - 1) >> 1);
  };
  const sink = (): void => {
    for (let i = 0; ;) {
      const [left, right] = [2 * i + 1, 2 * i + 2];
      const child = before(right, left) ? right : left;
      if (!before(child, i)) return;
      swap(i, child);
      i = child;
    }
  };
  return {
    add: (at, item) => {
      heap.push({ at, order: added++, item });
      rise(heap.length - 1);
    },
    *until(at) {
      for (let first = heap[0]; first !== undefined && first.at <= at; first = heap[0]) {
        const last = heap.pop();
        if (last !== undefined && heap.length > 0) {
          heap[0] = last;
          sink();
        }
        yield first.item;
      }
    },
  };
}
