import {
  assemble,
  type Code,
  get,
  i32Add,
  i32Const,
  i32LessUnsigned,
  i32Load,
  i64Add,
  i64x2Add,
  i64x2Lane,
  i64x2Splat,
  loop,
  set,
  v128Load,
  v128Store,
  when,
} from "./assemble.ts";

/**
 * The loops that are timed, in WebAssembly with vectors of 16 bytes: what they read is returned as
 * a sum or an address, so that no compiler may leave it out, and the caller can check it.
 *
 * None checks its bounds: the memory does, and what lies outside it traps. Addresses are bytes from
 * the start of the memory and multiples of a line; so are lengths, which are at least one line.
 */
export interface Kernels {
  /**
   * Follows a chain of addresses, each where the one before points to. Every read needs the result
   * of the one before, so the time of one is its latency.
   *
   * @param hops a multiple of `hopsAtOnce`, and at least that.
   * @returns where it has come.
   */
  readonly chase: (from: number, hops: number) => number;
  /** @returns the sum of all 64-bit words, modulo 2^64. */
  readonly read: (from: number, bytes: number) => bigint;
  /** Fills memory with one word of 64 bits. */
  readonly write: (to: number, bytes: number, word: bigint) => void;
  readonly copy: (to: number, from: number, bytes: number) => void;
  /** Reads like `read`, and after each line counts to `turns`, so that less is read in a time. */
  readonly inject: (from: number, bytes: number, turns: number) => bigint;
}

/** What all processors here have; where lines are longer, each is met twice in the order. */
export const lineBytes = 64;

/** How many hops are in the loop's body. */
export const hopsAtOnce = 16;

/** The memory that kernels work on. */
export interface KernelMemory {
  readonly buffer: ArrayBuffer;
}

/** As every engine has it; the types of Node leave it out. */
declare const WebAssembly: {
  readonly Memory: new (size: {
    readonly initial: number;
    readonly maximum: number;
  }) => KernelMemory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
};

const wasmPageBytes = 65_536;

/** Memory of which nothing is touched yet. An error where there is not so much address space. */
export function newMemory(bytes: number): KernelMemory {
  const pages = Math.ceil(bytes / wasmPageBytes);
  return new WebAssembly.Memory({ initial: pages, maximum: pages });
}

/** The kernels over one memory. */
export function loadKernels(memory: KernelMemory): Kernels {
  const module = new WebAssembly.Module(assemble([chase, read, write, copy, inject]));
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as assembled below
  return exports as Kernels;
}

/** Instructions one after the other. */
const code = (...parts: readonly Code[]): Code => parts.flat();

const times = (count: number, body: (turn: number) => Code): Code =>
  Array.from({ length: count }, (_, turn) => body(turn)).flat();

/** `local += number` */
const increase = (local: number, number: number): Code =>
  code(get(local), i32Const(number), i32Add, set(local));

/** `local += bytes; local < end`, the last of a loop's body. */
const advance = (local: number, bytes: number, end: number): Code =>
  code(increase(local, bytes), get(local), get(end), i32LessUnsigned);

/** `1 = 0 + 1`: the end in place of the length. */
const endOf = (from: number, bytes: number): Code =>
  code(get(from), get(bytes), i32Add, set(bytes));

/** Adds a line to four sums of two words each. */
const addLine = (firstSum: number): Code =>
  times(4, (turn) => {
    const sum = firstSum + turn;
    return code(get(sum), get(0), v128Load(turn * 16), i64x2Add, set(sum));
  });

/** The eight words of four sums as one. */
const allOf = (firstSum: number): Code =>
  code(
    get(firstSum),
    times(3, (turn) => code(get(firstSum + turn + 1), i64x2Add)),
    set(firstSum),
    code(get(firstSum), i64x2Lane(0), get(firstSum), i64x2Lane(1), i64Add),
  );

/** (loop (local.set 0 (i32.load (local.get 0))) … ×16  1 -= 16  (br_if 0 (i32.lt_u 0 1))) */
const chase = {
  name: "chase",
  parameters: ["i32", "i32"],
  result: "i32",
  locals: [],
  body: code(
    loop(
      code(
        times(hopsAtOnce, () => code(get(0), i32Load, set(0))),
        increase(1, -hopsAtOnce),
        code(i32Const(0), get(1), i32LessUnsigned),
      ),
    ),
    get(0),
  ),
} as const;

/** (loop 2 += (v128.load 0), 3 += (v128.load offset=16 0) … 0 += 64 (br_if 0 (i32.lt_u 0 1))) */
const read = {
  name: "read",
  parameters: ["i32", "i32"],
  result: "i64",
  locals: ["v128", "v128", "v128", "v128"],
  body: code(endOf(0, 1), loop(code(addLine(2), advance(0, lineBytes, 1))), allOf(2)),
} as const;

/** (loop (v128.store 0 3), (v128.store offset=16 0 3) … 0 += 64 (br_if 0 (i32.lt_u 0 1))) */
const write = {
  name: "write",
  parameters: ["i32", "i32", "i64"],
  result: null,
  locals: ["v128"],
  body: code(
    endOf(0, 1),
    code(get(2), i64x2Splat, set(3)),
    loop(
      code(
        times(4, (turn) => code(get(0), get(3), v128Store(turn * 16))),
        advance(0, lineBytes, 1),
      ),
    ),
  ),
} as const;

/** (loop (v128.store 0 (v128.load 1)) … 1 += 64, 0 += 64 (br_if 0 (i32.lt_u 0 2))) */
const copy = {
  name: "copy",
  parameters: ["i32", "i32", "i32"],
  result: null,
  locals: [],
  body: code(
    endOf(0, 2),
    loop(
      code(
        times(4, (turn) => code(get(0), get(1), v128Load(turn * 16), v128Store(turn * 16))),
        increase(1, lineBytes),
        advance(0, lineBytes, 2),
      ),
    ),
  ),
} as const;

/** As `read`, with (if 2 (7 = 0; loop 7 += 1 (br_if 0 (i32.lt_u 7 2)))) after each line. */
const inject = {
  name: "inject",
  parameters: ["i32", "i32", "i32"],
  result: "i64",
  locals: ["v128", "v128", "v128", "v128", "i32"],
  body: code(
    endOf(0, 1),
    loop(
      code(
        addLine(3),
        get(2),
        when(code(i32Const(0), set(7), loop(advance(7, 1, 2)))),
        advance(0, lineBytes, 1),
      ),
    ),
    allOf(3),
  ),
} as const;
