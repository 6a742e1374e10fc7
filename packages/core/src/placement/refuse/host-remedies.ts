import type { HostPolicy } from "../../request/host-policy.ts";
import type { Request } from "../../request/request.ts";
import type { HugepagePool, Topology } from "../../topology/topology.ts";
import { amountOf } from "../../text/amount.ts";
import { formatBytes, formatQuantity, KiB, MiB } from "../../unit/bytes.ts";
import { guestName } from "../../guest/name.ts";
import { type HostState, withheldFunctions } from "../../plan/host-state.ts";
import { acceleratorPatterns, nicPatterns } from "../../topology/device-pattern.ts";
import type { RefusalCode, RefusalRemedy } from "../../plan/refusal.ts";
import { advice, type Command, writeFile } from "../../remedy/remedy.ts";
import { largestThatFits } from "./largest.ts";
import { isPlaceable } from "../search/search.ts";
import type { NodesWay } from "./ways.ts";

/**
 * Changes to the host or to its policy, each enough by itself: the search has tried it. Those that
 * a command makes have the command.
 */

/** How many ways are tried for a remedy. */
const triedMax = 16;

/** More huge pages on one node. */
interface MorePages {
  readonly node: number;
  readonly pages: number;
}

/** Setting the missing huge pages apart on the first nodes that have the memory, if that helps. */
export function moreHugepages(
  host: HostState,
  request: Request,
  ways: readonly NodesWay[],
): RefusalRemedy[] {
  const size = request.hugepageBytes;
  if (size === null) return [];
  const choices = ways
    .filter(({ causes }) =>
      causes.every(({ code }) => code === "hugepages-short" || code === "hugepages-absent"),
    )
    .slice(0, triedMax)
    .flatMap(pagesOfWay);
  for (const more of choices) {
    const found = pagesRemedy(host, request, size, more);
    if (found !== null) return [found];
  }
  return [];
}

/**
 * Where a way's missing pages could be: those that several nodes lack together, on each in turn.
 */
function pagesOfWay({ causes }: NodesWay): readonly (readonly MorePages[])[] {
  const [first, ...others] = causes;
  if (first === undefined || first.has === null) return [];
  if (others.length === 0) {
    const pages = first.needs - first.has;
    return first.nodes.map((node) => [{ node, pages }]);
  }
  const each = causes.flatMap(({ nodes, needs, has }): MorePages[] => {
    const [node, ...more] = nodes;
    return node === undefined || more.length > 0 || has === null
      ? []
      : [{ node, pages: needs - has }];
  });
  return each.length === causes.length ? [each] : [];
}

function pagesRemedy(
  host: HostState,
  request: Request,
  size: number,
  more: readonly MorePages[],
): RefusalRemedy | null {
  let { topology } = host;
  const totals: { readonly path: string; readonly from: number; readonly to: number }[] = [];
  for (const { node, pages } of more) {
    const grown = withMorePages({ ...host, topology }, request, { node, size, pages });
    if (grown === null) return null;
    ({ topology } = grown);
    const path = `/sys/devices/system/node/node${node}/hugepages/hugepages-${size / KiB}kB/nr_hugepages`;
    totals.push({ path, from: grown.total - pages, to: grown.total });
  }
  if (!isPlaceable({ ...host, topology }, request)) return null;
  const [first, ...others] = totals;
  if (first === undefined) return null;
  const amounts = more.map(
    ({ node, pages }) => `${amountOf(pages, "more page")} of ${formatBytes(size)} on node ${node}`,
  );
  const [from, to] =
    others.length === 0
      ? [first.from, first.to]
      : [totals.map((one) => one.from).join(", "), totals.map((one) => one.to).join(", ")];
  return {
    change: more.map(({ node }) => `nodes[${node}].hugepages`).join(", "),
    from,
    to,
    text: `It fits with ${amounts.join(" and ")}.`,
    argv: totals.map((one): Command => writeFile(one.path, `${one.to}`)),
    when: "live",
    undo: totals.map((one): Command => writeFile(one.path, `${one.from}`)),
  };
}

/** The topology with more huge pages on one node, or null when its base pages cannot give them. */
function withMorePages(
  host: HostState,
  request: Request,
  { node: id, size, pages }: MorePages & { readonly size: number },
): { readonly topology: Topology; readonly total: number } | null {
  const { topology } = host;
  const node = topology.nodes.find((entry) => entry.id === id);
  if (node === undefined || node.memoryBytes === null || node.hugepages === null) return null;
  const basePages = { ...request, hugepageBytes: null, memoryBytes: pages * size };
  const withoutDevices = {
    ...basePages,
    accelerators: { ...request.accelerators, count: 0 },
    nics: { ...request.nics, count: 0 },
    signature: null,
    vcpus: 1,
    locality: "strict",
    isolation: "shared",
  } as const;
  const alone = { ...topology, nodes: [node], distances: null, access: [], calibration: null };
  if (!isPlaceable({ ...host, topology: alone }, withoutDevices)) return null;
  const noPages: HugepagePool = { sizeBytes: size, total: 0, free: 0 };
  const before = node.hugepages.find((pool) => pool.sizeBytes === size) ?? noPages;
  const total = before.total + pages;
  const free = before.free === null ? null : before.free + pages;
  const hugepages = [
    ...node.hugepages.filter((pool) => pool.sizeBytes !== size),
    { sizeBytes: size, total, free },
  ].toSorted((a, b) => a.sizeBytes - b.sizeBytes);
  const nodes = topology.nodes.map((entry) => (entry.id === id ? { ...entry, hugepages } : entry));
  return { topology: { ...topology, nodes }, total };
}

/** The reserve of base memory is lowered by steps of this. */
const reserveStepBytes = 256 * MiB;

/** A policy that keeps less or names more devices, where some cause concerns what it keeps. */
export function otherPolicy(
  host: HostState,
  request: Request,
  ways: readonly NodesWay[],
): RefusalRemedy[] {
  const { policy } = host;
  const { reserved } = policy;
  const met = new Set<RefusalCode>(ways.flatMap(({ causes }) => causes.map(({ code }) => code)));
  const isMet = (...codes: readonly RefusalCode[]): boolean => codes.some((code) => met.has(code));
  const fits = (changed: Partial<HostPolicy>): boolean =>
    isPlaceable({ ...host, policy: { ...policy, ...changed } }, request);
  const keeping = (less: Partial<HostPolicy["reserved"]>): boolean =>
    fits({ reserved: { ...reserved, ...less } });
  const remedy = (
    field: string,
    from: RefusalRemedy["from"],
    to: RefusalRemedy["to"],
    text: string,
  ): RefusalRemedy => ({ change: `policy.${field}`, from, to, ...advice("live", text) });
  const offers: RefusalRemedy[] = [];
  if (isMet("cores-short", "cpus-short")) {
    const { cpus, coresPerNode } = reserved;
    if (cpus !== null && keeping({ cpus: "" })) {
      const text = "It fits where the policy keeps no CPUs for the host.";
      offers.push(remedy("reserved.cpus", cpus, "", text));
    }
    // By default no node keeps more than one core.
    const numbers = coresPerNode === null ? [0] : [...Array(coresPerNode).keys()].toReversed();
    const fewer = cpus === null ? numbers : [];
    const most = fewer.find((some) => keeping({ coresPerNode: some }));
    if (most !== undefined) {
      const kept = most === 0 ? "no core" : amountOf(most, "core");
      const text = `It fits where the policy keeps ${kept} of each node for the host.`;
      offers.push(remedy("reserved.coresPerNode", coresPerNode, most, text));
    }
  }
  if (isMet("memory-short") && reserved.memoryPerNodeBytes > 0) {
    const steps = Math.ceil(reserved.memoryPerNodeBytes / reserveStepBytes) - 1;
    const keepingSteps = (some: number): boolean =>
      keeping({ memoryPerNodeBytes: some * reserveStepBytes });
    const most = largestThatFits(steps, 1, keepingSteps) ?? (keepingSteps(0) ? 0 : null);
    if (most !== null) {
      const bytes = most * reserveStepBytes;
      const text = `It fits where the policy keeps ${formatBytes(bytes)} of each node for the host.`;
      const from = formatQuantity(reserved.memoryPerNodeBytes);
      offers.push(remedy("reserved.memoryPerNode", from, formatQuantity(bytes), text));
    }
  }
  for (const [field, code] of [
    ["accelerators", "accelerators-short"],
    ["nics", "nics-short"],
  ] as const) {
    const patterns = policy[field];
    if (patterns === null || !isMet(code) || !fits({ [field]: null })) continue;
    const text = `It fits where the policy does not choose by its own ${field}.`;
    offers.push(remedy(field, patterns.join(", "), null, text));
  }
  if (!isMet("accelerators-short", "nics-short")) return offers;
  const { exclude } = policy;
  if (exclude.length > 0 && fits({ exclude: [] })) {
    const text = "It fits where the policy excludes no devices.";
    offers.push(remedy("exclude", exclude.join(", "), "", text));
  }
  return [...offers, ...sellingTheHosts(host, request, remedy)];
}

/** A policy that names devices which the host needs itself, where these are what is missing. */
function sellingTheHosts(
  host: HostState,
  request: Request,
  remedy: (field: string, from: string | null, to: string, text: string) => RefusalRemedy,
): RefusalRemedy[] {
  const { topology, policy } = host;
  const withheld = withheldFunctions(topology, policy);
  return (["accelerators", "nics"] as const).flatMap((field) => {
    const before = policy[field];
    const kept = topology[field]
      .map(({ address }) => address)
      .filter((address) => (withheld.get(address) ?? "excluded") !== "excluded");
    if (kept.length === 0) return [];
    const patterns = field === "accelerators" ? acceleratorPatterns : nicPatterns;
    const names = [...(before ?? patterns), ...kept];
    const changed = { ...host, policy: { ...policy, [field]: names } };
    if (!isPlaceable(changed, request)) return [];
    const text = `It fits where the policy names ${kept.join(", ")} among its ${field}, which the host needs itself.`;
    return [remedy(field, before?.join(", ") ?? null, names.join(", "), text)];
  });
}

/** Among more VMs nobody looks for one to stop, and each is a search: anybody can start a QEMU. */
const vmsMost = 256;

/**
 * One VM fewer. One that runs here by its plan is stopped by a command; nobody knows how a VM
 * without a plan wants to be stopped, or whether a plan that is only taken has a VM yet.
 */
export function withoutOne(host: HostState, request: Request): RefusalRemedy[] {
  const { held = [] } = host;
  if (host.taken.length + held.length > vmsMost) return [];
  const planned = host.taken.flatMap((plan) => {
    const taken = host.taken.filter((other) => other !== plan);
    const left = held.filter((one) => one.plan !== plan);
    if (!isPlaceable({ ...host, taken, held: left }, request)) return [];
    const change = { change: "host.taken", from: plan.vm, to: null };
    const text = `It fits without the VM ${plan.vm}.`;
    const runs = held.some((one) => one.plan === plan);
    if (!runs) return [{ ...change, ...advice("live", text) }];
    const argv: Command = ["evenkeel", "stop", guestName(plan.vm, plan.tenant)];
    return [{ ...change, text, argv: [argv], when: "live", undo: null } as const];
  });
  const strangers = held.flatMap((one) => {
    if (one.plan !== null) return [];
    const left = held.filter((other) => other !== one);
    if (!isPlaceable({ ...host, held: left }, request)) return [];
    const process = one.pid === null ? "" : ` (process ${one.pid})`;
    const text = `It fits without the VM ${one.name}${process}, which runs without a plan.`;
    return [{ change: "host.held", from: one.name, to: null, ...advice("live", text) }];
  });
  return [...planned, ...strangers];
}
