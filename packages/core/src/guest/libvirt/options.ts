import type { XmlElement } from "../../xml/element.ts";

/** What a domain definition needs to know that no plan decides. */
export interface LibvirtOptions {
  /** Run without KVM, in software: for labs and tests. False by default. */
  readonly emulated?: boolean | undefined;
  /**
   * What starts the guest: `efi` (the default, and the only one on aarch64) or `bios`, which is
   * smaller but does not start GPUs that bring UEFI drivers alone.
   */
  readonly firmware?: "efi" | "bios" | undefined;
  /**
   * CPU features to require beyond the host's own and those that the guest's plan calls for.
   */
  readonly cpuFeatures?: readonly string[] | undefined;
  /** The platform's own devices (disks, networks, consoles), put behind the plan's as they are. */
  readonly devices?: readonly XmlElement[] | undefined;
}
