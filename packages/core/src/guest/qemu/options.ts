import type { HypervisorOptions } from "../options.ts";

/** What a QEMU command needs beside the plan. */
export interface QemuOptions extends HypervisorOptions {
  /** The image of the UEFI firmware; where Debian has it by default. */
  readonly firmwareFile?: string | undefined;
  /**
   * The guest's own copy of the firmware's variables; without one they are forgotten at its end.
   */
  readonly firmwareVariables?: string | undefined;
  /**
   * A socket that QEMU listens on for its monitor protocol. The guest then waits for `cont`, so
   * that its threads can be pinned before they run.
   */
  readonly monitor?: string | undefined;
  /**
   * The platform's own arguments (disks, networks, consoles), put behind the plan's as they are.
   */
  readonly arguments?: readonly string[] | undefined;
}
