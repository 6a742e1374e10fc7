import type { Evidence, ShapePins, ThreadEvidence } from "../../src/evidence/evidence.ts";
import { invariant } from "../../src/invariant.ts";
import type { Command } from "../../src/remedy/remedy.ts";
import { has, unionAll } from "../../src/set/index-set.ts";
import { formatList, setOf } from "../../src/set/list-format.ts";

/** The evidence of a host on which commands were run: what each does to what is read there. */
export function carriedOut(commands: readonly Command[], evidence: Evidence): Evidence {
  return commands.reduce((before, command) => effectOf(command, before), evidence);
}

function effectOf([program = "", ...args]: Command, evidence: Evidence): Evidence {
  switch (program) {
    case "virsh":
      return pinnedByVirsh(args, evidence);
    case "taskset":
      return withCpus(evidence, args[1] ?? "", ({ tid }) => `${tid}` === args[2]);
    case "migratepages":
      return migrated(args, evidence);
    case "sysctl":
      return withKernel(evidence, { numaBalancing: Number(args[1]?.split("=")[1]) });
    case "shuf":
      return written(args[3] ?? "", args[1] ?? "", evidence);
    default:
      throw new Error(`no effect is known of ${program}`);
  }
}

const withKernel = (evidence: Evidence, change: Partial<Evidence["kernel"]>): Evidence => ({
  ...evidence,
  kernel: { ...evidence.kernel, ...change },
});

function withCpus(
  evidence: Evidence,
  cpus: string,
  isMeant: (thread: ThreadEvidence) => boolean,
): Evidence {
  const threads = (evidence.threads ?? []).map((thread) =>
    isMeant(thread) ? { ...thread, allowedCpus: cpus } : thread,
  );
  return { ...evidence, threads };
}

/** libvirt sets the affinity of the threads, its definition, and the cpuset that they are in. */
function pinnedByVirsh(args: readonly string[], evidence: Evidence): Evidence {
  const [verb = "", , ...rest] = args;
  const [id, cpus] = verb === "emulatorpin" ? [null, rest[0]] : [Number(rest[0]), rest[1]];
  invariant(cpus !== undefined && args.at(-1) === "--live", "virsh pins to a list of CPUs, live");
  const kind = verb === "vcpupin" ? "vcpu" : verb === "emulatorpin" ? "emulator" : "iothread";
  const isMeant = ({ role }: ThreadEvidence): boolean =>
    role?.kind === kind && (role.kind === "emulator" || role.id === id);
  const pin = (pins: ShapePins): ShapePins => {
    const list = (own: ShapePins["vcpus"]): ShapePins["vcpus"] => [
      ...own.filter((one) => one.id !== id),
      ...(id === null ? [] : [{ id, cpus }]),
    ];
    if (kind === "emulator") return { ...pins, emulator: cpus === "r" ? null : cpus };
    return kind === "vcpu"
      ? { ...pins, vcpus: list(pins.vcpus) }
      : { ...pins, iothreads: list(pins.iothreads) };
  };
  const shapes = evidence.shapes.map((shape) => ({
    ...shape,
    pins: shape.pins === null ? null : pin(shape.pins),
  }));
  const paths = new Set((evidence.threads ?? []).filter(isMeant).map(({ cgroup }) => cgroup));
  const cgroups = evidence.cgroups.map((one) =>
    paths.has(one.path) && cpus !== "r"
      ? { ...one, cpus: formatList(unionAll([setOf(one.cpus ?? ""), setOf(cpus)])) }
      : one,
  );
  const moved = cpus === "r" ? evidence : withCpus(evidence, cpus, isMeant);
  return { ...moved, shapes, cgroups };
}

function migrated([, from = "", to = ""]: readonly string[], evidence: Evidence): Evidence {
  const memory = (evidence.memory ?? []).map((mapping) => ({
    ...mapping,
    onNodes: mapping.onNodes.map((part) =>
      has(setOf(from), part.node) ? { ...part, node: Number(to) } : part,
    ),
  }));
  return { ...evidence, memory };
}

function written(path: string, value: string, evidence: Evidence): Evidence {
  if (path.endsWith("/ksm/run")) return withKernel(evidence, { ksmRun: Number(value) });
  const interrupt = /^\/proc\/irq\/(\d+)\/smp_affinity_list$/.exec(path)?.[1];
  if (interrupt !== undefined) {
    const routed = { allowedCpus: value, effectiveCpus: null };
    const devices = evidence.devices.map((device) => ({
      ...device,
      interrupts:
        device.interrupts?.map((one) =>
          `${one.number}` === interrupt ? { ...one, ...routed } : one,
        ) ?? null,
    }));
    return { ...evidence, devices };
  }
  const [file = ""] = /cpuset\.(cpus|mems)$/.exec(path) ?? [];
  const change = file === "cpuset.cpus" ? { cpus: value } : { nodes: value };
  const cgroups = evidence.cgroups.map((one) =>
    file !== "" && path === `${one.where}/${file}` ? { ...one, ...change } : one,
  );
  const threads = (evidence.threads ?? []).map((thread) =>
    file === "cpuset.mems" ? { ...thread, allowedNodes: value } : thread,
  );
  return { ...evidence, cgroups, threads };
}
