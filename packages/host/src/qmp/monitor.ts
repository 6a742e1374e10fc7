/** QEMU's monitor, by socket or through libvirt. A refused command rejects with QEMU's message. */
export interface Monitor {
  readonly where: string;
  readonly ask: (command: string, args?: Readonly<Record<string, unknown>>) => Promise<unknown>;
}
