import { advice } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, untold } from "../../subject/cause.ts";
import { nodesWithCpus } from "../../subject/nodes-of.ts";

/**
 * With zone reclaim a process whose node is full waits while the kernel frees pages there, files in
 * the page cache first, although other nodes have room: stalls, and models that are read from disk
 * again (docs.kernel.org/admin-guide/sysctl/vm.html, zone_reclaim_mode). It is off by default since
 * Linux 3.16.
 */
export const zoneReclaimOn: Cause = {
  code: "zone-reclaim-on",
  layer: "host",
  looksFor: "a full node frees pages, and stalls who needs them, before another node is used",
  observable: "machine.settings.zoneReclaim",
  readFrom: "/proc/sys/vm/zone_reclaim_mode",
  acquittedBy: "0, or a machine of one node",
  followsFrom: [],
  judge: (subject) => {
    const mode = subject.machine?.settings.zoneReclaim ?? null;
    if (mode === null) return untold("/proc/sys/vm/zone_reclaim_mode was not read");
    const said = `vm.zone_reclaim_mode is ${mode}`;
    if (mode === 0) return acquitted(said);
    if (nodesWithCpus(subject) === 1) return acquitted(`${said}, on a machine of one node`);
    return accused({
      about: "zone reclaim",
      expected: "vm.zone_reclaim_mode of 0",
      found: `${said}: on a full node, memory is freed before another node is used`,
      evidence: [`/proc/sys/vm/zone_reclaim_mode: ${mode}`],
      seen: "inferred",
      cost: unknownCost,
      remedy: advice("live", "Turn zone reclaim off: sysctl -w vm.zone_reclaim_mode=0."),
    });
  },
};
