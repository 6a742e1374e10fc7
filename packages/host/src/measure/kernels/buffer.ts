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
  | { readonly kind: "chase" }
  | { readonly kind: "read" | "write" | "copy" }
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

/** What a buffer is and what is in it. */
interface State {
  readonly kernels: Kernels;
  readonly memory: KernelMemory;
  readonly start: number;
  readonly bytes: number;
  content: Content;
  /** The word that it holds, or was filled with last. */
  word: bigint;
  seed: number;
  /** Of a chase: the order, and the place in it. */
  order: (index: number) => number;
  index: number;
  /** Of all else: the next byte. */
  next: number;
}

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
  const state: State = {
    kernels,
    memory,
    start,
    bytes,
    content: "unknown",
    word: 1n,
    seed: 0,
    order: (index) => index,
    index: 0,
    next: 0,
  };
  return {
    touch: (seed) => {
      fill(state, bytes, state.word);
      Object.assign(state, { content: state.word, seed, index: 0, next: 0 });
    },
    prepare: (task) => prepare(state, task),
    step: (task) => (task.kind === "chase" ? hop(state) : stream(state, task)),
  };
}

function fill({ kernels, start }: State, length: number, word: bigint): void {
  for (let done = 0; done < length; done += bytesAStep) {
    kernels.write(start + done, Math.min(bytesAStep, length - done), word);
  }
}

function prepare(state: State, { kind }: BufferTask): void {
  const { memory, start, bytes } = state;
  if (kind === "chase") {
    if (state.content === "chain") return;
    state.order = mixer(bytes / lineBytes, state.seed);
    writeChain(new Uint32Array(memory.buffer), start, bytes, state.seed);
    state.content = "chain";
    state.index = 0;
    return;
  }
  if (kind !== "write" && typeof state.content !== "bigint") {
    fill(state, bytes, state.word);
    state.content = state.word;
  }
  // What is copied differs from what is there.
  if (kind === "copy") fill(state, bytes / 2, state.word + 1n);
  if (kind === "write" || kind === "copy") state.word += 2n;
}

function hop(state: State): Step {
  const { kernels, start, bytes, order, index } = state;
  state.index = (index + hopsAStep) % (bytes / lineBytes);
  const now = kernels.chase(start + order(index) * lineBytes, hopsAStep);
  return { amount: hopsAStep, isRight: now === start + order(state.index) * lineBytes };
}

function stream(state: State, task: Exclude<BufferTask, { readonly kind: "chase" }>): Step {
  const { kernels, start, bytes, word } = state;
  switch (task.kind) {
    case "read": {
      const from = advanced(state, bytesAStep, bytes);
      return { amount: bytesAStep, isRight: holds(state, from, bytesAStep, word) };
    }
    case "inject": {
      const from = advanced(state, injectedAStep, bytes);
      const sum = kernels.inject(start + from, injectedAStep, task.turns);
      return { amount: injectedAStep, isRight: sum === sumOf(word, injectedAStep) };
    }
    case "write": {
      state.content = "unknown";
      const to = advanced(state, bytesAStep, bytes);
      kernels.write(start + to, bytesAStep, word);
      return { amount: bytesAStep, isRight: holds(state, to, lineBytes, word) };
    }
    case "copy": {
      state.content = "unknown";
      const from = advanced(state, bytesAStep, bytes / 2);
      kernels.copy(start + bytes / 2 + from, start + from, bytesAStep);
      const isRight = holds(state, bytes / 2 + from, lineBytes, word - 1n);
      return { amount: 2 * bytesAStep, isRight };
    }
  }
}

/** Where the next bytes are, round and round. */
function advanced(state: State, length: number, within: number): number {
  if (state.next + length > within) state.next = 0;
  const from = state.next;
  state.next += length;
  return from;
}

function holds({ kernels, start }: State, from: number, length: number, word: bigint): boolean {
  return kernels.read(start + from, length) === sumOf(word, length);
}

/** The sum of so many bytes of a word, modulo 2^64. */
const sumOf = (word: bigint, length: number): bigint =>
  BigInt.asIntN(64, word * BigInt(length / 8));
