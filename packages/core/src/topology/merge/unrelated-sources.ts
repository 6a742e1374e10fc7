import { EvenkeelError } from "../../error/evenkeel-error.ts";
import { equals, type IndexSet } from "../../set/index-set.ts";
import { amountOf } from "../../text/amount.ts";
import { isStandIn } from "../stand-in.ts";
import type { Topology } from "../topology.ts";
import type { MergeFinding, Part, Report } from "./finding.ts";
import type { Joined } from "./join-devices.ts";
import { onlineCpus } from "./merge-cpus.ts";

/**
 * Refuses sources that describe different machines.
 *
 * Two sources can be compared if both know CPUs, or both know GPUs. They share identity if they
 * have the same CPUs, the same CPUs of a node, or a common GPU or NIC. They contradict each other
 * if their CPUs differ, or if they have GPUs but none in common. A source that contradicts another
 * and shares identity with none describes another machine: `sources-unrelated`. If there is both,
 * the machine changed in between, or a tool sees only a part of it, and the findings list the
 * differences. Sources without a common kind of fact, such as `lscpu` and `nvidia-smi topo`, cannot
 * be compared and are assumed to describe one machine.
 */
export function refuseUnrelated(
  parts: readonly Part[],
  joined: Joined,
  apart: readonly MergeFinding[],
  report: Report,
): void {
  const identities = parts.map((part, position) => identityIn(part, position, joined));
  for (const [i, part] of parts.entries()) {
    const others = identities.filter((_, j) => j !== i);
    const own = identities[i];
    if (own === undefined || others.some((other) => sharesIdentity(own, other))) continue;
    const against = others.find((other) => contradicts(own, other));
    if (
      against === undefined &&
      !apart.some(({ subject }) => subject === `GPUs of ${part.label}`)
    ) {
      continue;
    }
    throw unrelated(part, own, against ?? others[0] ?? own);
  }
  for (const [i, one] of identities.entries()) {
    for (const other of identities.slice(i + 1)) {
      if (shareNoGpu(one, other)) report(noGpuInCommon(one, other));
    }
  }
}

interface Identity {
  readonly label: string;
  readonly cores: Topology["cores"];
  readonly cpus: IndexSet;
  readonly nodes: Topology["nodes"];
  readonly unnumberedNodes: Topology["unnumberedNodes"];
  readonly gpus: ReadonlySet<string>;
  readonly devices: ReadonlySet<string>;
}

function identityIn({ label, topology }: Part, position: number, joined: Joined): Identity {
  const keys = (list: readonly { readonly address: string }[]): string[] =>
    list.map(({ address }) => joined.keyOf(position, address));
  const gpus = keys(topology.accelerators);
  return {
    label,
    cores: topology.cores,
    cpus: onlineCpus(topology.cores),
    nodes: topology.nodes,
    unnumberedNodes: topology.unnumberedNodes,
    gpus: new Set(gpus),
    devices: new Set([...gpus, ...keys(topology.nics)]),
  };
}

function sharesIdentity(a: Identity, b: Identity): boolean {
  if (a.cores.length > 0 && b.cores.length > 0 && equals(a.cpus, b.cpus)) return true;
  const nodes = new Map(a.nodes.map(({ id, cpus }) => [id, cpus]));
  const told = (cpus: string | null): cpus is string => cpus !== null && cpus !== "";
  if (b.nodes.some(({ id, cpus }) => told(cpus) && nodes.get(id) === cpus)) return true;
  const unnumbered = new Set(a.unnumberedNodes.map(({ cpus }) => cpus));
  if (b.unnumberedNodes.some(({ cpus }) => told(cpus) && unnumbered.has(cpus))) return true;
  return [...a.devices].some((key) => b.devices.has(key));
}

function contradicts(a: Identity, b: Identity): boolean {
  if (a.cores.length > 0 && b.cores.length > 0 && !equals(a.cpus, b.cpus)) return true;
  return shareNoGpu(a, b);
}

/** Both know GPUs by address, and have none in common. */
function shareNoGpu(a: Identity, b: Identity): boolean {
  const [one, other] = [a, b].map(({ gpus }) => [...gpus].filter((key) => !isStandIn(key)));
  if (one === undefined || other === undefined) return false;
  return one.length > 0 && other.length > 0 && !one.some((key) => b.gpus.has(key));
}

function noGpuInCommon(a: Identity, b: Identity): MergeFinding {
  return {
    code: "devices-apart",
    subject: "GPUs",
    path: "accelerators",
    values: [a, b].map(({ label, gpus }) => ({ source: label, value: gpus.size })),
    message: `${a.label} and ${b.label} have no GPU in common`,
  };
}

function unrelated(part: Part, own: Identity, other: Identity): EvenkeelError {
  const counts = ({ label, cores, gpus }: Identity): string =>
    `${label} has ${amountOf(cores.length, "core")} and ${amountOf(gpus.size, "GPU")}`;
  return new EvenkeelError(
    "sources-unrelated",
    `${part.label} describes another machine than the other sources`,
    {
      where: part.topology.name,
      expected: `sources about one machine; ${counts(own)}, ${counts(other)}`,
      remedy: "leave out the source for another machine, or compare the machines with --diff",
    },
  );
}
