import { type IndexSet, has, unionAll } from "../set/index-set.ts";
import { amountOf } from "../text/amount.ts";
import { nodesText } from "../topology/draw/describe.ts";
import { allKnown } from "../unit/list.ts";
import { sum } from "../unit/sum.ts";
import type { BindingMode, BindingUnknown } from "./binding.ts";
import { coreComplex } from "./mode/core-complex.ts";
import type { UsableCore } from "./mode/cores.ts";
import { freeCores, shares } from "./mode/exclusive.ts";
import { type Site, type SiteInput, sitesOf } from "./sites.ts";

/** CPUs for a command. */
export interface CpuChoice {
  readonly cpus: IndexSet;
  /** How many threads keep them busy without disturbing commands beside it; null if unknown. */
  readonly threads: number | null;
  readonly reasons: readonly string[];
  readonly unknowns: readonly BindingUnknown[];
}

/** Why a command cannot have cores of its own. */
export interface NoCores {
  readonly message: string;
  readonly expected: string;
}

interface CpuInput extends SiteInput {
  readonly mode: BindingMode;
  readonly heldCpus: IndexSet;
}

/** Takes the CPUs beside a command's accelerators, by the mode. */
export function chooseCpus(input: CpuInput): CpuChoice | NoCores {
  const { mode } = input;
  const sites = sitesOf(input);
  if (mode === "node" || mode === "socket") return wholeNodes(mode, sites);
  const silent = sites.filter(({ cores }) => cores.length === 0);
  if (silent.length > 0) return instead(mode, sites, `the cores of ${where(silent)}`);
  return mode === "exclusive" ? exclusive(input, sites) : coreComplexes(input, sites);
}

function where(sites: readonly Site[]): string {
  return nodesText(new Set(sites.map(({ node }) => node)));
}

function wholeNodes(mode: BindingMode, sites: readonly Site[]): CpuChoice {
  const part = sites.every(({ isWhole }) => isWhole) ? "" : " that it may use";
  return {
    cpus: unionAll(sites.map(({ cpus }) => cpus)),
    threads: threadsOn(sites),
    reasons: [`${mode}: all CPUs of ${where(sites)}${part}`],
    unknowns: [],
  };
}

/** A mode that needs what nobody told takes whole nodes. */
function instead(mode: BindingMode, sites: readonly Site[], what: string): CpuChoice {
  const whole = wholeNodes("node", sites);
  const reasons = whole.reasons.map((reason) => `in place of ${mode}, ${reason}`);
  return { ...whole, reasons, unknowns: [{ what, tells: "sysfs or lscpu" }] };
}

/** A command's part of the cores where several share them; null where cores are unknown. */
function threadsOn(sites: readonly Site[]): number | null {
  const parts = sites.map(({ cores, own, peers }) =>
    cores.length === 0 ? null : (cores.length * own.length) / peers.length,
  );
  const known = allKnown(parts);
  return known === null ? null : Math.max(1, Math.floor(sum(known)));
}

/**
 * Cores that no other command is given: on each node the shares of its accelerators, of the cores
 * that others hold already as many free ones of the same node.
 */
function exclusive({ heldCpus, own }: CpuInput, sites: readonly Site[]): CpuChoice | NoCores {
  const isHeld = ({ first }: UsableCore): boolean => has(heldCpus, first);
  const parts = sites
    // Where there is no core for each, nobody has one by right.
    .filter(({ cores, peers }) => cores.length >= peers.length)
    .map((site) => {
      const divided = shares(site.cores, site.peers.length);
      const share = site.own.flatMap((address) => divided[site.peers.indexOf(address)] ?? []);
      return { site, share, free: freeCores(site.cores, share, isHeld) };
    });
  for (const { nodes } of own) {
    const mine = parts.filter(({ site }) => nodes.includes(site.node));
    const around = sites.filter(({ node }) => nodes.includes(node));
    if (mine.length === 0) {
      return {
        message: `${around.map(supplyOf).join(", ")}: exclusive takes a core for each`,
        expected: "a core for each GPU, or --mode node",
      };
    }
    if (mine.every(({ free }) => free.length === 0)) {
      const held = mine.map(({ site }) => site);
      const cores = amountOf(sum(held.map(({ cores: all }) => all.length)), "usable core");
      return {
        message: `other commands hold all of the ${cores} of ${where(held)}`,
        expected: "a core that no other command holds, or --mode node",
      };
    }
  }
  const free = parts.flatMap((part) => part.free);
  return {
    cpus: unionAll(free.map(({ cpus }) => cpus)),
    threads: free.length,
    reasons: parts.flatMap(({ site, share, free: cores }) => shareReasons(site, share, cores)),
    unknowns: [],
  };
}

function supplyOf({ node, cores, peers }: Site): string {
  const supply = amountOf(cores.length, "usable core");
  return `node ${node} has ${supply} for ${amountOf(peers.length, "GPU")}`;
}

function shareReasons(
  { node, cores, peers, unplaced }: Site,
  share: readonly UsableCore[],
  free: readonly UsableCore[],
): readonly string[] {
  const supply = `${amountOf(cores.length, "usable core")} for ${amountOf(peers.length, "GPU")}`;
  const taken = new Set(free.map(({ first }) => first));
  const held = share.filter(({ first }) => !taken.has(first)).length;
  const partly = free.filter(({ isWhole }) => !isWhole).length;
  return [
    `exclusive: ${amountOf(free.length, "core")}, its share of ${supply} on node ${node}`,
    ...(unplaced === 0
      ? []
      : [`without a share for ${amountOf(unplaced, "GPU")} whose node nobody tells`]),
    ...(held === 0
      ? []
      : [`other commands hold ${amountOf(held, "core")} of its share of node ${node}`]),
    ...(partly === 0 ? [] : [`of ${amountOf(partly, "core")} it may use only some of the threads`]),
  ];
}

/** Below one last-level cache for each accelerator. */
function coreComplexes({ own, all }: CpuInput, sites: readonly Site[]): CpuChoice {
  const groups = [...Map.groupBy(own, ({ nodes }) => nodes.join(",")).values()];
  const parts = groups.map((group) => {
    const around = sites.filter(({ node }) => group[0]?.nodes.includes(node) === true);
    const cores = around.flatMap((site) => site.cores).toSorted((a, b) => a.first - b.first);
    const sharing = new Set(around.flatMap(({ peers }) => peers));
    const peers = all.map(({ address }) => address).filter((address) => sharing.has(address));
    const places = group.map(({ address }) => peers.indexOf(address));
    const complexes = allKnown(places.map((place) => coreComplex(cores, place)));
    return { around, cores, peers, chosen: complexes === null ? null : new Set(complexes.flat()) };
  });
  const silent = parts.filter(({ chosen }) => chosen === null).flatMap(({ around }) => around);
  if (silent.length > 0) return instead("core-complex", sites, `the caches of ${where(silent)}`);
  const known = parts.flatMap(({ chosen, ...part }) =>
    chosen === null ? [] : [belowCaches(chosen, part)],
  );
  return {
    cpus: unionAll(known.map(({ cpus }) => cpus)),
    threads: sum(known.map(({ threads }) => threads)),
    reasons: known.map(({ reason }) => reason),
    unknowns: [],
  };
}

function belowCaches(
  chosen: ReadonlySet<UsableCore>,
  {
    around,
    cores,
    peers,
  }: {
    readonly around: readonly Site[];
    readonly cores: readonly UsableCore[];
    readonly peers: readonly string[];
  },
): { readonly cpus: IndexSet; readonly threads: number; readonly reason: string } {
  const caches = cachesOf(cores);
  const sharing = Math.ceil(peers.length / caches);
  const below = `below ${amountOf(cachesOf(chosen), "last-level cache")} of ${caches}`;
  return {
    cpus: unionAll([...chosen].map(({ cpus }) => cpus)),
    threads: Math.max(1, Math.floor(chosen.size / sharing)),
    reason: `core-complex: ${amountOf(chosen.size, "core")} ${below} on ${where(around)}`,
  };
}

function cachesOf(cores: Iterable<UsableCore>): number {
  return new Set([...cores].map(({ core }) => core.l3)).size;
}
