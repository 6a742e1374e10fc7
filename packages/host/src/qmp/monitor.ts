/** QEMU's monitor, however it is reached. A refused command rejects with what QEMU says. */
export interface Monitor {
  readonly where: string;
  readonly ask: (command: string, args?: Readonly<Record<string, unknown>>) => Promise<unknown>;
}
