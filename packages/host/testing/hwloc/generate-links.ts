import type { Link, Topology } from "@evenkeel/core/topology/topology.ts";
import { element } from "./export.ts";
import { acceleratorNumber } from "./generate-pci.ts";

/** HWLOC_DISTANCES_KIND_*: from the operating system, and what values mean. */
const kinds = { bandwidth: 1 | 8, hops: 1 | 32 } as const;

/** hwloc's value for an end and itself: more than any link. */
const itself = 1_000_000;

/** MB/s of an NVLink since the second generation, and of one XGMI link as the driver reports it. */
const perLane = 25_000;
const xgmi = 50_000;

/**
 * The matrices between GPUs from hwloc's NVML and ROCm backends: `NVLinkBandwidth`, `XGMIBandwidth`
 * and `XGMIHops`. Links through NVSwitches count as links between the two GPUs, as after
 * HWLOC_DISTANCES_TRANSFORM_TRANSITIVE_CLOSURE.
 */
export function generateLinks(topology: Topology): string[] {
  const nvlinks = topology.links.flatMap((link): Wide[] =>
    link.kind === "nvlink" && link.lanes !== null ? [{ ...link, lanes: link.lanes }] : [],
  );
  const xgmis = topology.links.filter(({ kind }) => kind === "xgmi");
  return [
    ...matrix(
      topology,
      nvlinks,
      "NVLinkBandwidth",
      kinds.bandwidth,
      itself,
      0,
      ({ lanes }) => perLane * lanes,
    ),
    ...matrix(topology, xgmis, "XGMIBandwidth", kinds.bandwidth, itself, 0, () => xgmi),
    ...matrix(topology, xgmis, "XGMIHops", kinds.hops, 0, 2, () => 1),
  ];
}

/** A link with a known number of lanes. */
type Wide = Link & { readonly lanes: number };

function matrix<Linked extends Link>(
  { accelerators }: Topology,
  links: readonly Linked[],
  name: string,
  kind: number,
  diagonal: number,
  without: number,
  valueOf: (link: Linked) => number,
): string[] {
  if (links.length === 0) return [];
  const linked = new Set(links.flatMap(({ a, b }) => [a, b]));
  const ends = accelerators.map(({ address }, i) => ({ address, number: acceleratorNumber(i) }));
  const among = ends.filter(({ address }) => linked.has(address));
  const byPair = new Map(
    links.flatMap((link) => [
      [`${link.a} ${link.b}`, link],
      [`${link.b} ${link.a}`, link],
    ]),
  );
  const value = (a: string, b: string): number => {
    const link = byPair.get(`${a} ${b}`);
    return a === b ? diagonal : link === undefined ? without : valueOf(link);
  };
  const indexes = `${among.map(({ number }) => number).join(" ")} `;
  const rows = among.map(
    ({ address: a }) => `${among.map(({ address: b }) => value(a, b)).join(" ")} `,
  );
  const attributes = { type: "OSDev", nbobjs: among.length, kind, name, indexing: "gp" };
  return [
    element(
      "distances2",
      attributes,
      element("indexes", { length: indexes.length }, indexes),
      ...rows.map((row) => element("u64values", { length: row.length }, row)),
    ),
  ];
}
