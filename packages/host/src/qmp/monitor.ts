/** A monitor of QEMU, by whatever way. A refused command rejects in the words of QEMU. */
export interface Monitor {
  readonly where: string;
  readonly ask: (command: string, args?: Readonly<Record<string, unknown>>) => Promise<unknown>;
}
