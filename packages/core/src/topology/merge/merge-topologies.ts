import { invariant } from "../../invariant.ts";
import { buildTopology } from "../build.ts";
import { checkedTopology } from "../check.ts";
import type { Machine, Topology } from "../topology.ts";
import { type Claim, type MergeFinding, type Part, type Report, settle } from "./finding.ts";
import { mergeInterconnects, reportInterconnects } from "./interconnect-findings.ts";
import { joinDevices } from "./join-devices.ts";
import { mergeCacheAllocation, mergeL3Caches } from "./merge-caches.ts";
import { mergeCpus } from "./merge-cpus.ts";
import { mergeAccess, mergeDistances, mergeNodes } from "./merge-nodes.ts";
import { mergePci } from "./merge-pci.ts";
import { mergeAccelerators, mergeLinks, mergeNics, mergePartitions } from "./merge-roles.ts";
import { sameName } from "./same.ts";
import { resolveStandInNodes } from "./stand-in-nodes.ts";
import { refuseStrangers } from "./strangers.ts";

/** The merged topology, and the contradictions between its sources. */
export interface Merged {
  readonly topology: Topology;
  readonly findings: readonly MergeFinding[];
}

/**
 * Several readings of one machine as one topology that knows what any of them knows.
 *
 * Things are joined by what identifies them: PCI functions by address (those without one as
 * `join-devices` says), nodes and partitions by id, cores by their CPUs, packages and caches by their
 * cores, links by their ends. Then each field of each thing is a question, and each source's value a
 * claim: null and absence are no claims, so what one source knows and another does not is taken; what
 * all say that say anything is taken once; and what they contradict each other in keeps the value of
 * the source that comes first, with a finding that names the thing, the field and what each says.
 *
 * That is right because nothing is dropped but what a finding names, and nothing is in the result that
 * no source said: joining uses identities alone, never likeness. The order of the sources matters in
 * contradictions, in the spelling of what is the same (`H100 SXM5 80GB`, `NVIDIA H100 80GB HBM3`),
 * in the machine's name and in the numbers of stand-ins; in nothing else.
 *
 * The cost is linear in the sources' size, but for the pairs of devices without addresses.
 *
 * Errors: `sources-unrelated` where a source is of another machine (see `strangers`);
 * `topology-inconsistent` where the sources together are more than a machine can be.
 */
export function mergeTopologies(topologies: readonly Topology[]): Merged {
  const [first, ...others] = topologies;
  invariant(first !== undefined, "there is a topology to merge");
  if (others.length === 0) return { topology: first, findings: [] };
  const findings: MergeFinding[] = [];
  const report: Report = (finding) => void findings.push(finding);
  const given = labelled(topologies);
  const joined = joinDevices(given, report);
  refuseStrangers(given, joined, [...findings], report);
  const parts = resolveStandInNodes(given, joined);
  const cpus = mergeCpus(parts, report);
  const nodes = mergeNodes(parts, cpus, report);
  const built = buildTopology({
    name: first.name,
    source: sourcesOf(topologies).join(" + "),
    machine: mergeMachine(parts, report),
    nodes,
    distances: mergeDistances(parts, nodes, report),
    access: mergeAccess(parts, report),
    cores: cpus.cores,
    l3Caches: mergeL3Caches(parts, cpus, report),
    cacheAllocation: mergeCacheAllocation(parts, report),
    offlineCpus: cpus.offlineCpus,
    pci: mergePci(parts, joined, report),
    accelerators: mergeAccelerators(parts, joined, report),
    nics: mergeNics(parts, joined, report),
    links: mergeLinks(parts, joined, report),
    interconnects: mergeInterconnects(parts, joined, report),
    partitions: mergePartitions(parts, joined, report),
  });
  const topology = checkedTopology(built, `${topologies.length} sources together`);
  reportInterconnects(topology, parts, joined, report);
  return { topology, findings };
}

/** Every source once; one that was merged before counts as those it came from. */
function sourcesOf(topologies: readonly Topology[]): readonly string[] {
  return [...new Set(topologies.flatMap(({ source }) => source.split(" + ")))];
}

/**
 * The name of each source in findings: its source, with its name or position where that is
 * ambiguous.
 */
function labelled(topologies: readonly Topology[]): readonly Part[] {
  const count = (wanted: string, labels: readonly string[]): number =>
    labels.filter((label) => label === wanted).length;
  const sources = topologies.map(({ source }) => source);
  const named = topologies.map(({ name, source }) =>
    count(source, sources) === 1 ? source : `${source} (${name})`,
  );
  return topologies.map((topology, i) => {
    const label = named[i] ?? topology.source;
    return { label: count(label, named) === 1 ? label : `${topology.source} #${i + 1}`, topology };
  });
}

function mergeMachine(parts: readonly Part[], report: Report): Machine {
  const text = (field: "vendor" | "product" | "cpuModel" | "architecture"): string | null =>
    settle(
      {
        code: "machine-differs",
        subject: "the machine",
        path: `machine.${field}`,
        what: field === "cpuModel" ? "CPU model" : field,
        claims: claims(parts, (machine) => machine[field]),
        same: sameName,
      },
      report,
    );
  return {
    vendor: text("vendor"),
    product: text("product"),
    cpuModel: text("cpuModel"),
    architecture: text("architecture"),
    pageBytes: settle(
      {
        code: "machine-differs",
        subject: "the machine",
        path: "machine.pageBytes",
        what: "bytes a page",
        claims: claims(parts, ({ pageBytes }) => pageBytes),
      },
      report,
    ),
  };
}

function claims<T>(parts: readonly Part[], value: (machine: Machine) => T | null): Claim<T>[] {
  return parts.map(({ label, topology }) => ({ label, value: value(topology.machine) }));
}
