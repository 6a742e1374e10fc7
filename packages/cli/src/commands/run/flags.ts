import type { HypervisorName } from "@evenkeel/core/instance/instance.ts";

/** The flags of `evenkeel run`. */
export interface RunFlags {
  readonly flavor: readonly string[];
  readonly profile: readonly string[];
  readonly policy?: string;
  readonly plan?: string;
  readonly via: HypervisorName;
  readonly emulated: boolean;
  readonly firmware: "efi" | "bios";
  readonly with?: string;
  readonly kernel?: string;
  readonly initrd?: string;
  readonly append?: string;
  readonly "accept-unknown": boolean;
  readonly "dry-run": boolean;
  readonly state?: string;
  readonly output: "text" | "json";
}
