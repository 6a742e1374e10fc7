import { hopsAtOnce, type KernelMemory, type Kernels, lineBytes } from "./kernels.ts";
import { mixer, writeChain } from "./order.ts";

/**
 * A thread's memory and what is in it, so that whatever is read can be held against what must be
 * there. Work goes on where it stopped, so that it never meets what caches still have.
 */
export interface Buffer {
  /** Touches all of it; needed first, and after its pages have been given back. */
  readonly touch: (seed: number) => void;
  /** What the task needs to find there; takes as long as writing all of it. */
  readonly prepare: (task: BufferTask) => void;
  /** Some of the task: at least so much that reading the clock costs nothing beside it. */
  readonly step: (task: BufferTask) => Step;
}

export type BufferTask =
  | { readonly kind: "chase" | "read" | "write" | "copy" }
  | { readonly kind: "inject"; readonly turns: number };

/** Hops or bytes that were done, and whether what was read was right. */
export interface Step {
  readonly amount: number;
  readonly isRight: boolean;
}

/** The whole buffer holds one word, or the chain of a chase, or nobody knows. */
type Content = "unknown" | "chain" | bigint;

const hopsAStep = 64 * hopsAtOnce;
const bytesAStep = 1 << 20;
/** Less, since reading may be slowed down a hundredfold. */
const injectedAStep = 1 << 16;

/**
 * @param start where it begins in the memory that the kernels have, a multiple of a line.
 * @param bytes a multiple of 2 MiB.
 */
export function bufferOf(
  kernels: Kernels,
  memory: KernelMemory,
  start: number,
  bytes: number,
): Buffer {
  let content: Content = "unknown";
  let seed = 0;
  /** Of a chase: the place in the order, which a chain is in. */
  let index = 0;
  let order = (_index: number): number => 0;
  /** Of all else: the next byte. */
  let next = 0;
  let word = 1n;
  const lines = bytes / lineBytes;

  const fill = (from: number, length: number, filled: bigint): void => {
    for (let done = 0; done < length; done += bytesAStep) {
      kernels.write(start + from + done, Math.min(bytesAStep, length - done), filled);
    }
  };
  const step = (length: number, within: number): number => {
    if (next + length > within) next = 0;
    const from = next;
    next += length;
    return from;
  };
  const holds = (from: number, length: number, filled: bigint): boolean =>
    kernels.read(start + from, length) === BigInt.asIntN(64, filled * BigInt(length / 8));

  return {
    touch: (newSeed) => {
      seed = newSeed;
      fill(0, bytes, word);
      content = word;
      [index, next] = [0, 0];
    },
    prepare: ({ kind }) => {
      if (kind === "chase" && content !== "chain") {
        order = mixer(lines, seed);
        writeChain(new Uint32Array(memory.buffer), start, bytes, seed);
        content = "chain";
        index = 0;
      }
      const isUniform = kind === "read" || kind === "inject" || kind === "copy";
      if (isUniform && typeof content !== "bigint") {
        fill(0, bytes, word);
        content = word;
      }
      // What is copied differs from what is there.
      if (kind === "copy") fill(0, bytes / 2, word + 1n);
      if (kind === "write" || kind === "copy") word += 2n;
    },
    step: (task) => {
      switch (task.kind) {
        case "chase": {
          const before = start + order(index) * lineBytes;
          index = (index + hopsAStep) % lines;
          const now = kernels.chase(before, hopsAStep);
          return { amount: hopsAStep, isRight: now === start + order(index) * lineBytes };
        }
        case "read": {
          const from = step(bytesAStep, bytes);
          return { amount: bytesAStep, isRight: holds(from, bytesAStep, word) };
        }
        case "inject": {
          const from = step(injectedAStep, bytes);
          const sum = kernels.inject(start + from, injectedAStep, task.turns);
          const wanted = BigInt.asIntN(64, word * BigInt(injectedAStep / 8));
          return { amount: injectedAStep, isRight: sum === wanted };
        }
        case "write": {
          content = "unknown";
          const from = step(bytesAStep, bytes);
          kernels.write(start + from, bytesAStep, word);
          return { amount: bytesAStep, isRight: holds(from, lineBytes, word) };
        }
        case "copy": {
          content = "unknown";
          const from = step(bytesAStep, bytes / 2);
          kernels.copy(start + bytes / 2 + from, start + from, bytesAStep);
          const copied = holds(bytes / 2 + from, lineBytes, word - 1n);
          return { amount: 2 * bytesAStep, isRight: copied };
        }
      }
    },
  };
}
