import { advice } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, irrelevant, untold } from "../../subject/cause.ts";

/**
 * Against a flaw of Intel's processors before Ice Lake (iTLB multihit) KVM splits each huge page
 * of a guest in which code runs into small ones, and a thread of its own puts them together again
 * every hour: stalls, and slower translation in between. It is on only where the processor has the
 * flaw, or somebody turned it on.
 * https://docs.kernel.org/admin-guide/hw-vuln/multihit.html
 */
export const nxHugePages: Cause = {
  code: "nx-huge-pages",
  layer: "host",
  looksFor: "KVM splits huge pages in which the guest runs code",
  observable: "machine.settings.nxHugePages",
  readFrom: "/sys/module/kvm/parameters/nx_huge_pages",
  acquittedBy: "N",
  followsFrom: [],
  judge: ({ evidence, machine }) => {
    if (evidence.of === "process" || evidence.of === "container") return irrelevant;
    const split = machine?.settings.nxHugePages ?? null;
    if (split === null) return untold("KVM's nx_huge_pages was not read");
    if (!split) return acquitted("nx_huge_pages is N");
    return accused({
      about: "huge pages of guests",
      expected: "nx_huge_pages of N",
      found: "nx_huge_pages is Y: where a guest runs code its huge pages are split",
      evidence: ["/sys/module/kvm/parameters/nx_huge_pages: Y"],
      seen: "inferred",
      cost: unknownCost,
      remedy: advice(
        "live",
        "If all guests are trusted, or the processor has no such flaw (itlb_multihit says Not " +
          "affected), write N to /sys/module/kvm/parameters/nx_huge_pages, and start the VM again.",
      ),
    });
  },
};
