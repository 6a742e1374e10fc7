import { unknownCost } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, untold } from "../../subject/cause.ts";
import { listed, whyHome } from "../../subject/home.ts";
import { nodesOutside, partOfWork, seenOutside, spreadOfWork } from "../../subject/whereabouts.ts";
import { formatList } from "../../../set/list-format.ts";
import { pinnedTo } from "./pinned.ts";
import { cpuLines, mayHaveMore, noticed, whyNoWorkers, workersOf, workersWord } from "./workers.ts";

/**
 * A thread that may run anywhere does so whenever the scheduler likes, and its memory stays where
 * it was. Eight unbound ranks on a machine of eight nodes took five times as long a token as bound
 * ones (github.com/NVIDIA/srt-slurm/pull/332). A few stray threads that hardly run are no cause,
 * and a process without accelerators that nobody saw elsewhere does well as it is.
 */
export const vcpusFloat: Cause = {
  code: "vcpus-float",
  layer: "host",
  looksFor: "vCPUs or threads may run on the nodes where they belong and on others",
  observable: "threads[].allowedCpus",
  readFrom: "/proc/PID/task/*/status (Cpus_allowed_list)",
  acquittedBy: "an affinity that names no CPU of another node",
  followsFrom: ["binding-left"],
  judge: (subject) => {
    const at = workersOf(subject);
    if ("kind" in at) return at;
    const { where, home, topology, all } = at;
    const { floating, unread, homeCpus } = where;
    const word = workersWord(subject);
    const part = partOfWork(floating, subject);
    if (part === null) return untold("how long each thread ran was not read: schedstat would tell");
    const isFew = subject.evidence.of !== "vm" && part < noticed;
    if (floating.length === 0 || isFew) {
      if (unread.length > 0) return untold(`where ${unread.length} ${word} may run was not read`);
      if (mayHaveMore(subject)) return untold(whyNoWorkers(subject.evidence));
      return acquitted(`${floating.length} of ${all.length} ${word} may leave ${whyHome(home)}`);
    }
    const seen = seenOutside(floating, where);
    if (subject.evidence.of !== "vm" && !home.isBesideAccelerators && seen.length === 0) {
      return floating.some(({ lastCpu }) => lastCpu === null)
        ? untold(`where the ${word} ran was not read`)
        : acquitted("its threads may run on other nodes, and none was seen there");
    }
    const elsewhere = nodesOutside(floating, home, topology);
    const spread = spreadOfWork(floating, part, at);
    const last = seen.length === 0 ? "" : `; ${seen.length} ran there when they were looked at`;
    return accused({
      about: word,
      expected: `only on ${whyHome(home)} (CPUs ${formatList(homeCpus)})`,
      found: `${floating.length} of ${all.length} ${word} may also run on ${listed(elsewhere)}${last}`,
      evidence: cpuLines(floating),
      seen: seen.length > 0 ? "directly" : "inferred",
      cost: spread === null ? unknownCost : subject.price({ workers: spread.whole }, spread.cells),
      remedy: pinnedTo(floating, where.homeOf, subject, `its ${word}`),
    });
  },
};
