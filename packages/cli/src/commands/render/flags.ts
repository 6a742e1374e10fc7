import type { GuestArchitecture } from "@evenkeel/core/guest/guest.ts";
import type { PciForm } from "@evenkeel/core/guest/ports.ts";
import type { Rendering } from "@evenkeel/core/render/renderings.ts";
import type { HypervisorVersions } from "@evenkeel/core/guest/versions.ts";

/** The flags of `evenkeel render`. */
export interface RenderFlags {
  readonly as: Rendering;
  readonly emulated: boolean;
  readonly architecture?: GuestArchitecture;
  readonly firmware: "efi" | "bios";
  readonly "cpu-feature": readonly string[];
  readonly pci: PciForm;
  readonly for?: HypervisorVersions;
  readonly "contract-file"?: string;
  readonly monitor?: string;
  readonly "firmware-file"?: string;
  readonly "firmware-variables"?: string;
  readonly lint?: string;
  readonly output: "text" | "json";
}
