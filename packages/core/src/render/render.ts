import type { Plan } from "../plan/plan.ts";
import { userData } from "../guest/cloud-init/user-data.ts";
import { contractOf } from "../guest/contract/from-guest.ts";
import { type GuestOptions, guestFromPlan } from "../guest/from-plan.ts";
import { kubevirtManifest } from "../guest/kubevirt/manifest.ts";
import { kubevirtText } from "../guest/kubevirt/text.ts";
import { libvirtXml } from "../guest/libvirt/domain.ts";
import type { LibvirtOptions } from "../guest/libvirt/options.ts";
import { ncclXml } from "../guest/nccl/print.ts";
import { qemuCommand } from "../guest/qemu/command.ts";
import type { QemuOptions } from "../guest/qemu/options.ts";
import { shellText } from "../guest/qemu/shell.ts";
import type { Rendering } from "./renderings.ts";

/** The options of all forms; each takes those that concern it. */
export type RenderOptions = GuestOptions & LibvirtOptions & QemuOptions;

/**
 * Renders a plan's guest as text, from the plan alone: the same plan and options give the same
 * bytes. Differences from the plan are in the guest's `notes`, which every form has that can hold
 * them.
 *
 * Errors: those of `guestFromPlan`; `render-unsupported` for what a form cannot express.
 */
export function render(plan: Plan, as: Rendering, options: RenderOptions = {}): string {
  const guest = guestFromPlan(plan, options);
  switch (as) {
    case "libvirt":
      return libvirtXml(guest, options);
    case "qemu":
      return shellText(qemuCommand(guest, options));
    case "nccl":
      return ncclXml(guest);
    case "contract":
      return `${JSON.stringify(contractOf(guest), null, 2)}\n`;
    case "kubevirt":
      return kubevirtText(kubevirtManifest(guest, options));
    case "cloud-init":
      return userData(guest);
  }
}

/**
 * The same as a value for programs, for forms that are documents or have more than their text; null
 * for the others.
 */
export function renderData(plan: Plan, as: Rendering, options: RenderOptions = {}): object | null {
  const guest = guestFromPlan(plan, options);
  switch (as) {
    case "qemu":
      return qemuCommand(guest, options);
    case "kubevirt":
      return kubevirtManifest(guest, options);
    case "contract":
      return contractOf(guest);
    case "libvirt":
    case "nccl":
    case "cloud-init":
      return null;
  }
}
