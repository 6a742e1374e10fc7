import type { ErrorCode } from "./codes.ts";

/** Where an error is, what was expected there, and what to do. */
export interface ErrorDetail {
  /** The file, argument or field that is wrong: `vm.yaml: spec.memory`. */
  readonly where?: string;
  /** What would be right there. */
  readonly expected?: string;
  /** An instruction that mends it. */
  readonly remedy?: string;
  readonly cause?: unknown;
}

/** An input of Evenkeel that cannot be used: what, where, what was expected, and what to do. */
export class EvenkeelError extends Error {
  readonly code: ErrorCode;
  readonly where: string | null;
  readonly expected: string | null;
  readonly remedy: string | null;

  constructor(code: ErrorCode, message: string, detail: ErrorDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.name = "EvenkeelError";
    this.code = code;
    this.where = detail.where ?? null;
    this.expected = detail.expected ?? null;
    this.remedy = detail.remedy ?? null;
  }
}
