import type { Plan } from "../placement/plan.ts";
import { type GuestOptions, guestFromPlan } from "./from-plan.ts";
import { libvirtXml } from "./libvirt/domain.ts";
import type { LibvirtOptions } from "./libvirt/options.ts";
import { unsupported } from "./unsupported.ts";

/** The forms in which a guest can be written down. */
export const renderings = [
  "libvirt",
  "qemu",
  "kubevirt",
  "nccl",
  "contract",
  "cloud-init",
] as const;
export type Rendering = (typeof renderings)[number];

export type RenderOptions = GuestOptions & LibvirtOptions;

/**
 * A plan's guest as text, from the plan alone: the same plan and options give the same bytes. What
 * differs from the plan, the guest says in its `notes`, which libvirt's XML has as metadata.
 *
 * Errors: those of `guestFromPlan` and `libvirtXml`; `render-unsupported` for a rendering that this
 * version does not have.
 */
export function render(plan: Plan, as: Rendering, options: RenderOptions = {}): string {
  switch (as) {
    case "libvirt":
      return libvirtXml(guestFromPlan(plan, options), options);
    case "qemu":
    case "kubevirt":
    case "nccl":
    case "contract":
    case "cloud-init":
      throw unsupported(
        "rendering",
        `there is no ${as} rendering yet`,
        "libvirt",
        "render the plan as libvirt",
      );
  }
}
