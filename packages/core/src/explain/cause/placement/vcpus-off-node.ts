import { formatList } from "../../../set/list-format.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, untold } from "../../subject/cause.ts";
import { listed, whyHome } from "../../subject/home.ts";
import { nodesOutside, partOfWork, spreadOfWork } from "../../subject/whereabouts.ts";
import { pinnedTo } from "./pinned.ts";
import { cpuLines, noticed, workersOf, workersWord } from "./workers.ts";

/**
 * vCPUs or threads that are kept away from their accelerators and memory: every access crosses the
 * link between the sockets, every doorbell and every copy that the CPU stages too. Pinning by
 * number, without a look at the GPU's node, does this (torchrun takes an unknown node for node 0).
 */
export const vcpusOffNode: Cause = {
  code: "vcpus-off-node",
  layer: "host",
  looksFor: "vCPUs or threads may run only on nodes where they do not belong",
  observable: "threads[].allowedCpus",
  readFrom: "/proc/PID/task/*/status (Cpus_allowed_list)",
  acquittedBy: "an affinity with CPUs of the nodes where the accelerators and the memory are",
  followsFrom: ["binding-left"],
  judge: (subject) => {
    const at = workersOf(subject);
    if ("kind" in at) return at;
    const { where, home, topology, all } = at;
    const { away, unread, homeCpus } = where;
    const word = workersWord(subject);
    const part = partOfWork(away, subject);
    if (part === null) return untold("how long each thread ran was not read: schedstat would tell");
    const isFew = subject.evidence.of !== "vm" && part < noticed;
    if (away.length === 0 || isFew) {
      if (unread.length > 0) return untold(`where ${unread.length} ${word} may run was not read`);
      return acquitted(`${away.length} of ${all.length} ${word} are kept off ${whyHome(home)}`);
    }
    const spread = spreadOfWork(away, part, at);
    return accused({
      about: word,
      expected: `on ${whyHome(home)} (CPUs ${formatList(homeCpus)})`,
      found: `${away.length} of ${all.length} ${word} may run on ${listed(nodesOutside(away, home, topology))} only`,
      evidence: cpuLines(away),
      seen: "directly",
      cost: spread === null ? unknownCost : subject.price({ workers: spread.whole }, spread.cells),
      remedy: pinnedTo(away, where.homeOf, subject, `its ${word}`),
    });
  },
};
