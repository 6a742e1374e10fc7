/**
 * A short assembler of WebAssembly modules: numbers as LEB128, sections, and the few instructions
 * that the kernels are made of. https://webassembly.github.io/spec/core/binary/
 */

/** The bytes of one instruction, or of several. */
export type Code = readonly number[];

const types = { i32: 0x7f, i64: 0x7e, v128: 0x7b } as const;
export type ValueType = keyof typeof types;

export interface AssembledFunction {
  readonly name: string;
  readonly parameters: readonly ValueType[];
  readonly result: ValueType | null;
  /** Beside the parameters, and numbered after them. */
  readonly locals: readonly ValueType[];
  readonly body: Code;
}

const preamble: Code = [...Buffer.from("\0asm\u{1}\0\0\0")];

/** A module that exports functions and works on one memory, which it imports as `env.memory`. */
export function assemble(functions: readonly AssembledFunction[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([
    ...preamble,
    ...section(1, vector(functions.map(signature))),
    // A memory of at least no pages: whatever there is.
    ...section(2, vector([[...text("env"), ...text("memory"), 0x02, 0x00, 0x00]])),
    ...section(3, vector(functions.map((_, i) => unsigned(i)))),
    ...section(7, vector(functions.map(({ name }, i) => [...text(name), 0x00, ...unsigned(i)]))),
    ...section(10, vector(functions.map(code))),
  ]);
}

function signature({ parameters, result }: AssembledFunction): Code {
  const results = result === null ? [] : [[types[result]]];
  return [0x60, ...vector(parameters.map((type) => [types[type]])), ...vector(results)];
}

function code({ locals, body }: AssembledFunction): Code {
  const own = vector(locals.map((type) => [1, types[type]]));
  const whole = [...own, ...body, 0x0b];
  return [...unsigned(whole.length), ...whole];
}

const section = (id: number, content: Code): Code => [id, ...unsigned(content.length), ...content];

const vector = (items: readonly Code[]): Code => [...unsigned(items.length), ...items.flat()];

const text = (name: string): Code => vector([...Buffer.from(name)].map((byte) => [byte]));

function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

function signed(value: number): number[] {
  const rest = value >> 7;
  const isLast = (rest === 0 && (value & 0x40) === 0) || (rest === -1 && (value & 0x40) !== 0);
  return isLast ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signed(rest)];
}

/** An instruction with a prefix of vectors. */
const vectorOp = (number: number, ...rest: Code): Code => [0xfd, ...unsigned(number), ...rest];

export const get = (local: number): Code => [0x20, ...unsigned(local)];
export const set = (local: number): Code => [0x21, ...unsigned(local)];
export const i32Const = (value: number): Code => [0x41, ...signed(value)];
export const i32Add: Code = [0x6a];
export const i32Load: Code = [0x28, 2, 0];
export const i32LessUnsigned: Code = [0x49];
export const i64Add: Code = [0x7c];
export const v128Load = (offset: number): Code => vectorOp(0x00, 4, ...unsigned(offset));
export const v128Store = (offset: number): Code => vectorOp(0x0b, 4, ...unsigned(offset));
export const i64x2Splat: Code = vectorOp(0x12);
export const i64x2Add: Code = vectorOp(0xce);
export const i64x2Lane = (lane: number): Code => vectorOp(0x1d, lane);

/** Runs the body again as long as the condition, which comes last in it, holds. */
export const loop = (body: Code): Code => [0x03, 0x40, ...body, 0x0d, 0x00, 0x0b];

/** Runs the body where the condition that comes before holds. */
export const when = (body: Code): Code => [0x04, 0x40, ...body, 0x0b];
