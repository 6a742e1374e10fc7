import { advice } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, irrelevant, untold } from "../../subject/cause.ts";
import type { Subject } from "../../subject/subject.ts";

/**
 * In a confidential VM (TDX, SEV-SNP) no device reaches the guest's memory: all copies to and from
 * accelerators go through encrypted buffers, at some 5 GB/s in place of 50
 * (github.com/vllm-project/vllm/issues/55428), and accelerators copy to each other less directly.
 * It is asked for, and no fault: it needs a twin without.
 */
export const guestConfidential: Cause = {
  code: "guest-confidential",
  layer: "hypervisor",
  looksFor: "the VM's memory is encrypted against its host, and copies to devices take a detour",
  observable: "shapes[].confidential",
  readFrom: "-machine confidential-guest-support of QEMU, <launchSecurity> of libvirt",
  acquittedBy: "no such protection, or the same in the twin",
  followsFrom: [],
  judge: (subject, twin) => {
    if (twin === null || subject.evidence.of !== "vm") return irrelevant;
    const [own, other] = [kindOf(subject), kindOf(twin)];
    if (own === null || other === null) {
      return untold("whether they are confidential VMs was not read of both");
    }
    if (own === "none") return acquitted("it is no confidential VM");
    if (other !== "none") return acquitted("both are confidential VMs");
    return accused({
      about: "memory",
      expected: "no confidential VM, as the other is none",
      found: `a confidential VM (${own}): copies to its devices go through encrypted buffers`,
      evidence: subject.evidence.shapes
        .filter(({ confidential }) => confidential === own)
        .map(({ where }) => `${where}: ${own}`),
      seen: "inferred",
      cost: unknownCost,
      remedy: advice(null, "Compare it with another confidential VM, or ask for one that is none."),
    });
  },
};

function kindOf({ evidence: { shapes } }: Subject): string | null {
  const told = shapes.flatMap(({ confidential }) => confidential ?? []);
  return told.find((kind) => kind !== "none") ?? told[0] ?? null;
}
