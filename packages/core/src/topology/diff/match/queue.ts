/** A queue that gives the first of its items by an order; a binary heap. */
export interface Queue<T> {
  readonly push: (item: T) => void;
  /** Takes out the first item; null from an empty queue. */
  readonly pop: () => T | null;
}

/** @param isBefore a strict order, so that the same items always come out in the same order. */
export function queueOf<T>(isBefore: (one: T, other: T) => boolean): Queue<T> {
  const heap: T[] = [];
  const isFirst = (i: number, j: number): boolean => {
    const [one, other] = [heap[i], heap[j]];
    return one !== undefined && (other === undefined || isBefore(one, other));
  };
  const swap = (i: number, j: number): void => {
    const [one, other] = [heap[i], heap[j]];
    if (one === undefined || other === undefined) return;
    [heap[i], heap[j]] = [other, one];
  };
  return {
    push(item) {
      let i = heap.push(item) - 1;
      while (i > 0) {
        const parent = (i - 1) >> 1;
        if (!isFirst(i, parent)) return;
        swap(i, parent);
        i = parent;
      }
    },
    pop() {
      const first = heap[0] ?? null;
      const last = heap.pop();
      if (heap.length > 0 && last !== undefined) heap[0] = last;
      for (let i = 0; ;) {
        const child = isFirst(2 * i + 2, 2 * i + 1) ? 2 * i + 2 : 2 * i + 1;
        if (!isFirst(child, i)) return first;
        swap(child, i);
        i = child;
      }
    },
  };
}
