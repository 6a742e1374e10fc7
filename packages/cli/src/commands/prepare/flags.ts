import type { HypervisorName } from "@evenkeel/core/instance/instance.ts";

/** The flags of `evenkeel prepare`. */
export interface PrepareFlags {
  readonly on: string;
  readonly profile: readonly string[];
  readonly policy?: string;
  readonly vms: readonly string[];
  readonly via: HypervisorName;
  readonly emulated: boolean;
  readonly output: "text" | "json";
}
