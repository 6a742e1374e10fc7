import { advice } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, untold } from "../../subject/cause.ts";
import { nodesWithCpus } from "../../subject/nodes-of.ts";

/**
 * numad rebinds processes and moves their memory by how busy it finds the nodes. It knows nothing
 * of accelerators, and overrides what was placed by hand (numad(8): it "may" be worth it for
 * long-running processes, and not for those that use memory at random).
 */
export const numadRunning: Cause = {
  code: "numad-running",
  layer: "host",
  looksFor: "numad moves processes and their memory to other nodes, without regard to GPUs",
  observable: "machine.settings.numad",
  readFrom: "/proc/*/comm",
  acquittedBy: "no process of that name",
  followsFrom: [],
  judge: (subject) => {
    const running = subject.machine?.settings.numad ?? null;
    if (running === null) return untold("the machine's processes were not read");
    if (!running) return acquitted("numad does not run");
    if (nodesWithCpus(subject) === 1) return acquitted("numad runs, on a machine of one node");
    return accused({
      about: "numad",
      expected: "not running where VMs and processes are placed by hand or by a plan",
      found: "it runs, and may move threads and memory away from their GPUs at any time",
      evidence: ["/proc/*/comm: numad"],
      seen: "inferred",
      cost: unknownCost,
      remedy: advice("live", "Stop numad: systemctl disable --now numad."),
    });
  },
};
