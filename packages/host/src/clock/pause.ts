/** Lets the whole thread sleep: for a wait that nothing else here has to go on in. */
export function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
