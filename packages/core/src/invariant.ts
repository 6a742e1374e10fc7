/**
 * States what must be true here if the program is right. A failure is a bug in Evenkeel,
 * never a problem of the input: bad input gets an `EvenkeelError` with a stable code.
 */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`broken invariant: ${message}`);
}
