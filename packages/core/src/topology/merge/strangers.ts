import { EvenkeelError } from "../../error/evenkeel-error.ts";
import { equals, type IndexSet } from "../../set/index-set.ts";
import { amountOf } from "../../text/amount.ts";
import { isStandIn } from "../stand-in.ts";
import type { Topology } from "../topology.ts";
import type { MergeFinding, Part, Report } from "./finding.ts";
import type { Joined } from "./join-devices.ts";
import { onlineCpus } from "./merge-cpus.ts";

/**
 * Refuses sources that are of different machines.
 *
 * Two sources can be compared where both know the CPUs, or both know GPUs. They speak for one machine
 * when the CPUs are the same, or those of a node, or a GPU or NIC is; against it, when the CPUs differ, or they have
 * GPUs and not one in common. A source that some other speaks against and none speaks for is of
 * another machine, and nothing true could be made of the two: `sources-unrelated`. Where there is
 * both, somebody changed the machine in between or a tool sees only a part of it, and the findings
 * say what differs. Sources that share no kind of fact, such as `lscpu` and `nvidia-smi topo`, have
 * nothing to be compared by, and the user's word is taken that they are of one machine.
 */
export function refuseStrangers(
  parts: readonly Part[],
  joined: Joined,
  apart: readonly MergeFinding[],
  report: Report,
): void {
  const seen = parts.map((part, position) => seenIn(part, position, joined));
  for (const [i, part] of parts.entries()) {
    const others = seen.filter((_, j) => j !== i);
    const own = seen[i];
    if (own === undefined || others.some((other) => speaksFor(own, other))) continue;
    const against = others.find((other) => speaksAgainst(own, other));
    if (
      against === undefined &&
      !apart.some(({ subject }) => subject === `GPUs of ${part.label}`)
    ) {
      continue;
    }
    throw unrelated(part, own, against ?? others[0] ?? own);
  }
  for (const [i, one] of seen.entries()) {
    for (const other of seen.slice(i + 1)) {
      if (shareNoGpu(one, other)) report(noGpuInCommon(one, other));
    }
  }
}

interface Seen {
  readonly label: string;
  readonly cores: Topology["cores"];
  readonly cpus: IndexSet;
  readonly nodes: Topology["nodes"];
  readonly gpus: ReadonlySet<string>;
  readonly devices: ReadonlySet<string>;
}

function seenIn({ label, topology }: Part, position: number, joined: Joined): Seen {
  const keys = (list: readonly { readonly address: string }[]): string[] =>
    list.map(({ address }) => joined.keyOf(position, address));
  const gpus = keys(topology.accelerators);
  return {
    label,
    cores: topology.cores,
    cpus: onlineCpus(topology.cores),
    nodes: topology.nodes,
    gpus: new Set(gpus),
    devices: new Set([...gpus, ...keys(topology.nics)]),
  };
}

function speaksFor(a: Seen, b: Seen): boolean {
  if (a.cores.length > 0 && b.cores.length > 0 && equals(a.cpus, b.cpus)) return true;
  const nodes = new Map(a.nodes.map(({ id, cpus }) => [id, cpus]));
  if (b.nodes.some(({ id, cpus }) => cpus !== "" && nodes.get(id) === cpus)) return true;
  return [...a.devices].some((key) => b.devices.has(key));
}

function speaksAgainst(a: Seen, b: Seen): boolean {
  if (a.cores.length > 0 && b.cores.length > 0 && !equals(a.cpus, b.cpus)) return true;
  return shareNoGpu(a, b);
}

/** Both know GPUs by their addresses, and there is no address that both know. */
function shareNoGpu(a: Seen, b: Seen): boolean {
  const [one, other] = [a, b].map(({ gpus }) => [...gpus].filter((key) => !isStandIn(key)));
  if (one === undefined || other === undefined) return false;
  return one.length > 0 && other.length > 0 && !one.some((key) => b.gpus.has(key));
}

function noGpuInCommon(a: Seen, b: Seen): MergeFinding {
  return {
    code: "devices-apart",
    subject: "GPUs",
    path: "accelerators",
    values: [a, b].map(({ label, gpus }) => ({ source: label, value: gpus.size })),
    message: `${a.label} and ${b.label} have no GPU in common`,
  };
}

function unrelated(part: Part, own: Seen, other: Seen): EvenkeelError {
  const counts = ({ label, cores, gpus }: Seen): string =>
    `${label} has ${amountOf(cores.length, "core")} and ${amountOf(gpus.size, "GPU")}`;
  return new EvenkeelError(
    "sources-unrelated",
    `${part.label} has nothing in common with the other sources`,
    {
      where: part.topology.name,
      expected: `sources about one machine; ${counts(own)}, ${counts(other)}`,
      remedy: "leave out the source of another machine, or compare them with --diff",
    },
  );
}
