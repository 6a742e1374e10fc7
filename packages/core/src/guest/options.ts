/** What every hypervisor's definition needs beside the plan. */
export interface HypervisorOptions {
  /** Run without KVM, in software: for labs and tests. False by default. */
  readonly emulated?: boolean | undefined;
  /**
   * What starts the guest: `efi` (the default, and the only one on aarch64) or `bios`, which is
   * smaller but does not start GPUs that bring UEFI drivers alone.
   */
  readonly firmware?: Firmware | undefined;
  /** CPU features to require beyond the host's own and those that the guest's plan calls for. */
  readonly cpuFeatures?: readonly string[] | undefined;
  /**
   * A file on the host that holds the contract when the guest starts. Without one the definition
   * holds the contract itself.
   */
  readonly contractFile?: string | undefined;
}

/** The firmware that starts the guest. */
export type Firmware = "efi" | "bios";
