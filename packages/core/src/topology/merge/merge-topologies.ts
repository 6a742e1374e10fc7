import type { Calibration } from "../../calibration/calibration.ts";
import { canonicalJson } from "../../hash/canonical-json.ts";
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
import { numberNodes } from "./unnumbered-nodes.ts";
import { refuseUnrelated } from "./unrelated-sources.ts";

/** The merged topology of several sources, and their contradictions. */
export interface Merged {
  readonly topology: Topology;
  readonly findings: readonly MergeFinding[];
}

/**
 * Merges several readings of one machine into one topology with the facts of all.
 *
 * Things are matched by identity: PCI functions by address (those without one as in
 * `join-devices`), nodes and partitions by id, cores by their CPUs, packages and caches by their
 * cores, links by their ends. Then each field of each thing is decided from the sources' claims.
 * Null and absence are no claims, so a fact that only one source knows is kept. Where claims
 * contradict each other, the first source's value is kept, and a finding names the thing, the field
 * and each source's value.
 *
 * This is right because nothing is dropped without a finding, and the result has only facts of the
 * sources: things are matched by identity alone, never by likeness. The order of the sources
 * matters only for contradictions, for the spelling of equal values (`H100 SXM5 80GB`, `NVIDIA H100
 * 80GB HBM3`), for the machine's name and for the numbers of stand-ins.
 *
 * The cost is linear in the sources' size, and quadratic in the devices without addresses.
 *
 * Errors: `sources-unrelated` where a source describes another machine (see `unrelated-sources`);
 * `topology-inconsistent` where the merged topology exceeds what a machine can have.
 */
export function mergeTopologies(topologies: readonly Topology[]): Merged {
  const [first, ...others] = topologies;
  invariant(first !== undefined, "there is a topology to merge");
  if (others.length === 0) return { topology: first, findings: [] };
  const findings: MergeFinding[] = [];
  const report: Report = (finding) => void findings.push(finding);
  const given = labelled(topologies);
  const joined = joinDevices(given, report);
  refuseUnrelated(given, joined, [...findings], report);
  const { parts, unnumberedNodes } = numberNodes(given, joined, report);
  const cpus = mergeCpus(parts, report);
  const nodes = mergeNodes(parts, cpus, report);
  const built = buildTopology({
    name: first.name,
    source: sourcesOf(topologies).join(" + "),
    machine: mergeMachine(parts, report),
    nodes,
    unnumberedNodes,
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
    calibration: mergeCalibration(parts, report),
  });
  const topology = checkedTopology(built, `${topologies.length} sources together`);
  reportInterconnects(topology, parts, joined, report);
  return { topology, findings };
}

/** Every source once; a source that is itself merged counts as its parts. */
function sourcesOf(topologies: readonly Topology[]): readonly string[] {
  return [...new Set(topologies.flatMap(({ source }) => source.split(" + ")))];
}

/**
 * The name of each topology in findings: its source, with its name or position where the source
 * alone is ambiguous.
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

/** The first calibration; two of them are never mixed, for each was measured in one go. */
function mergeCalibration(parts: readonly Part[], report: Report): Calibration | null {
  return settle(
    {
      code: "access-differs",
      subject: "the machine",
      path: "calibration",
      what: "calibration",
      claims: parts.map(({ label, topology }) => ({ label, value: topology.calibration })),
      same: (a, b) => canonicalJson(a) === canonicalJson(b),
      show: ({ tool, measuredAt }) => `${tool.name} of ${measuredAt ?? "an unknown time"}`,
    },
    report,
  );
}

function claims<T>(parts: readonly Part[], value: (machine: Machine) => T | null): Claim<T>[] {
  return parts.map(({ label, topology }) => ({ label, value: value(topology.machine) }));
}
