/** A monitor of QEMU, by whatever way. */
export interface Monitor {
  readonly where: string;
  /**
   * Several questions may be asked at the same time: some ways answer them together.
   *
   * Rejects with `Refused` where QEMU refuses the command, and with another error where it has not
   * answered: then the monitor is of no use any more.
   */
  readonly ask: (command: string, args?: Readonly<Record<string, unknown>>) => Promise<unknown>;
}

/** QEMU has refused a command, in its own words. */
export class Refused extends Error {}
