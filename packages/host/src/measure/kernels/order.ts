import { lineBytes } from "./kernels.ts";

/**
 * The order in which a chase visits the lines of a buffer: h(0), h(1), … h(n - 1) and again h(0),
 * where h is a bijection of the numbers below n. Whatever bijection it is, that is one cycle
 * through all lines, because each line is h(i) for exactly one i.
 *
 * h mixes the bits of a number with three rounds of steps that can each be undone: a multiplication
 * by an odd number modulo 2^b, an addition modulo 2^b, and an exclusive or with the upper half.
 * Where n is no power of two, h is applied again until it falls below n ("cycle walking"): it
 * follows a cycle of h that began below n, so it comes back below n, and two starts never end
 * alike.
 *
 * Neighbours in the order are far apart in memory, page and line, so that no prefetcher knows the
 * next one, and a line that came along with its neighbour is gone from the caches before its turn.
 */
export function mixer(count: number, seed: number): (index: number) => number {
  const bits = Math.max(1, 32 - Math.clz32(count - 1));
  const mask = bits === 32 ? 0xffffffff : 2 ** bits - 1;
  const shift = (bits + 1) >> 1;
  const [a, b, c] = [0x9e3779b1, 0x85ebca6b, 0xc2b2ae35];
  return (index) => {
    let mixed = index;
    do {
      mixed = ((mixed + seed) & mask) >>> 0;
      mixed = (Math.imul(mixed, a) & mask) >>> 0;
      mixed = (mixed ^ (mixed >>> shift)) >>> 0;
      mixed = (Math.imul(mixed, b) & mask) >>> 0;
      mixed = (mixed ^ (mixed >>> shift)) >>> 0;
      mixed = (Math.imul(mixed, c) & mask) >>> 0;
      mixed = (mixed ^ (mixed >>> shift)) >>> 0;
    } while (mixed >= count);
    return mixed;
  };
}

/**
 * Writes the chain of a chase into memory: in each line the address of the next.
 *
 * @param start where the buffer starts, in bytes, as is the chain's first address.
 */
export function writeChain(memory: Uint32Array, start: number, bytes: number, seed: number): void {
  const count = Math.floor(bytes / lineBytes);
  const order = mixer(count, seed);
  const first = start + order(0) * lineBytes;
  let place = first;
  for (let i = 1; i < count; i++) {
    const next = start + order(i) * lineBytes;
    memory[place >>> 2] = next;
    place = next;
  }
  memory[place >>> 2] = first;
}
