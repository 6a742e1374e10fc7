import { formatList } from "../../../set/list-format.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { whyNoHome } from "../../subject/astray.ts";
import { accused, acquitted, type Cause, irrelevant, untold } from "../../subject/cause.ts";
import { listed } from "../../subject/home.ts";
import { areKept, nodesOutside, seenOutside, whereaboutsOf } from "../../subject/whereabouts.ts";
import { pinnedTo } from "./pinned.ts";
import { cpuLines, whyNoWorkers } from "./workers.ts";

/**
 * An iothread or vhost thread moves every byte of a disk or a network between the host and the
 * guest's memory. On another node it reads and writes that memory from afar, and wakes vCPUs across
 * the sockets. One that may run everywhere counts only where it was seen elsewhere, and where the
 * vCPUs are kept at home.
 */
export const ioThreadsFar: Cause = {
  code: "io-threads-far",
  layer: "hypervisor",
  looksFor: "the threads that do a VM's I/O run on another node",
  observable: "threads[].allowedCpus and lastCpu of iothreads and vhost",
  readFrom: "/proc/PID/task/*/{status,stat}",
  acquittedBy: "I/O threads on the nodes where the VM belongs",
  followsFrom: [],
  judge: (subject) => {
    const { evidence, helpers, home, topology } = subject;
    if (evidence.of !== "vm") return irrelevant;
    if (helpers === null) return untold(whyNoWorkers(subject.evidence));
    if (topology === null || home === null) return untold(whyNoHome);
    const io = helpers.filter(({ role }) => role?.kind === "iothread" || role?.kind === "vhost");
    const isUnsure = (evidence.threads ?? []).some(({ role }) => role === null);
    if (io.length === 0)
      return isUnsure ? untold("the roles of its threads are unknown") : irrelevant;
    const where = whereaboutsOf(io, home, topology);
    if (where === null) return untold(`the CPUs of ${home.why}, are not known`);
    const { away, floating, unread, homeCpus } = where;
    const isKept = areKept(subject.workers, home, topology);
    const seen = isKept === true ? seenOutside(floating, where) : [];
    const far = [...away, ...seen];
    if (far.length === 0) {
      const isBlind = isKept !== false && floating.some(({ lastCpu }) => lastCpu === null);
      return unread.length > 0 || isUnsure || isBlind || (isKept === null && floating.length > 0)
        ? untold("where its I/O threads run was not read")
        : acquitted(`none of ${io.length} I/O threads is farther off than its vCPUs`);
    }
    return accused({
      about: far
        .map(({ name, tid }) => name ?? `thread ${tid}`)
        .slice(0, 4)
        .join(", "),
      expected: `on ${home.why} (CPUs ${formatList(homeCpus)})`,
      found: `${far.length} of ${io.length} I/O threads run on ${listed(nodesOutside(far, home, topology))}`,
      evidence: cpuLines(far),
      seen: "directly",
      cost: unknownCost,
      remedy: pinnedTo(far, where.homeOf, subject, "its I/O threads"),
    });
  },
};
