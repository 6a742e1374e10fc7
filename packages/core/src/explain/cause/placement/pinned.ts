import type { ThreadEvidence } from "../../../evidence/evidence.ts";
import { advice, type Command, type Remedy } from "../../../remedy/remedy.ts";
import { type IndexSet, isEmpty, isSubset, unionAll } from "../../../set/index-set.ts";
import { formatList, setOf } from "../../../set/list-format.ts";
import type { Subject } from "../../subject/subject.ts";

/** A thread, and the CPUs that it is to be kept to. */
interface Pin {
  readonly thread: ThreadEvidence;
  readonly to: IndexSet;
}

/**
 * Threads kept to some CPUs: through libvirt where it runs the VM, since it would undo what others
 * set behind its back, and by their affinity elsewhere. No affinity goes beyond its cpuset, so
 * where that leaves CPUs out, no command is given.
 */
export function pinnedTo(
  threads: readonly ThreadEvidence[],
  cpusOf: (thread: ThreadEvidence) => IndexSet,
  { evidence }: Subject,
  who: string,
): Remedy {
  const { shapes, process, cgroups } = evidence;
  const pins = threads.map((thread): Pin => ({ thread, to: cpusOf(thread) }));
  if (pins.some(({ to }) => isEmpty(to))) {
    return advice("restart", `Give ${who} CPUs of their own where it belongs.`);
  }
  const cpus = formatList(unionAll(pins.map(({ to }) => to)));
  const text = `Keep ${who} to CPUs ${cpus}.`;
  const isLibvirt = shapes.some(({ source }) => source === "libvirt");
  const domain = isLibvirt ? (process?.name ?? null) : null;
  if (pins.length === 0 || (isLibvirt && domain === null)) return advice("live", text);
  const isNarrowed = pins.some(({ thread, to }) => {
    const own = cgroups.find(({ path }) => path === thread.cgroup);
    const allowed = own?.effectiveCpus ?? own?.cpus ?? null;
    return !isLibvirt && allowed !== null && allowed !== "" && !isSubset(to, setOf(allowed));
  });
  if (isNarrowed) {
    return advice(
      "live",
      `Widen the cpuset of its cgroup to CPUs ${cpus}, and keep ${who} to them.`,
    );
  }
  return { text, when: "live", ...commandsOf(pins, domain) };
}

/**
 * Each command once: libvirt pins all of the emulator's threads by one. It is undone where each of
 * its threads is known to have had the same CPUs.
 */
function commandsOf(pins: readonly Pin[], domain: string | null): Pick<Remedy, "argv" | "undo"> {
  const argv = distinct(pins.map(({ thread, to }) => pinOf(thread, domain)(formatList(to))));
  const undone = pins.flatMap(({ thread }) => {
    const { allowedCpus: had } = thread;
    return had === null || had === "" ? [] : [pinOf(thread, domain)(had)];
  });
  const undo = distinct(undone);
  const isKnown = undone.length === pins.length && undo.length === argv.length;
  return { argv, undo: isKnown ? undo : null };
}

const distinct = (commands: readonly Command[]): Command[] =>
  commands.filter(
    (one, i) => commands.findIndex((other) => other.join("\0") === one.join("\0")) === i,
  );

/** The command that keeps a thread to a list of CPUs. */
function pinOf({ tid, role }: ThreadEvidence, domain: string | null): (cpus: string) => Command {
  if (domain === null || role === null) return (cpus) => ["taskset", "-pc", cpus, `${tid}`];
  if (role.kind === "vcpu")
    return (cpus) => ["virsh", "vcpupin", domain, `${role.id}`, cpus, "--live"];
  if (role.kind === "iothread") {
    return (cpus) => ["virsh", "iothreadpin", domain, `${role.id}`, cpus, "--live"];
  }
  return (cpus) => ["virsh", "emulatorpin", domain, cpus, "--live"];
}
