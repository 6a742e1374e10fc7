import { weightsKey } from "../../cost/workload.ts";
import { costEquals } from "../../cost/compare-costs.ts";
import { costFollowsDistance } from "../../cost/memory-path.ts";
import type { SoldCore } from "../inventory/cores.ts";
import type { Inventory } from "../inventory/inventory.ts";
import { nameCores, namePools } from "./layout-cores.ts";
import type { PlanParts } from "../../plan/plan.ts";
import { planParts } from "./plan-parts.ts";
import { indices } from "../../set/index-set.ts";
import { at, valueOf } from "../../unit/list.ts";
import type { Layout, LayoutCell, Objective } from "./layout.ts";
import type { Space } from "../space/space.ts";
import {
  formOf,
  planSignatures,
  type Signature,
  type SignatureForm,
} from "../../plan/signature/signature.ts";

/**
 * The signature of a layout, in the form of the signature that the request asks for; in the form
 * that says most where it asks for none.
 *
 * It depends on what the layout takes and not on what was free, so it is computed once for each
 * inventory and key, and cached. The key names the devices, the amounts on each node, and how many
 * cores of which class share a cache; caches are numbered in the order in which they come.
 */
export function layoutSignature(space: Space, layout: Layout): Signature {
  const { signature } = space.request;
  return signatureInForm(space, layout, signature === null ? 2 : formOf(signature));
}

function signatureInForm(space: Space, layout: Layout, form: SignatureForm): Signature {
  const { inventory } = space;
  const cache = signatureCaches.get(inventory) ?? newCache(inventory);
  const key = `${form} ${keyOf(space, layout)}`;
  const before = cache.signatures.get(key);
  if (before !== undefined) return before;
  const signature = cache.sign(planParts(space, layout), form);
  if (cache.signatures.size >= signaturesMax) cache.signatures.clear();
  cache.signatures.set(key, signature);
  cache.costs?.set(costKey(space, signature.signature), layout.objective);
  return signature;
}

/**
 * The cells and the cost that all layouts of a signature have on a machine. Undefined where layouts
 * of one signature may differ in them, and as long as no layout of it has been signed.
 */
export function signatureCost(space: Space, signature: string): Cost | undefined {
  return signatureCaches.get(space.inventory)?.costs?.get(costKey(space, signature));
}

const costKey = ({ request }: Space, signature: string): string =>
  `${weightsKey(request.workload)} ${signature}`;

/** Whether a layout is of a signature. A layout of another cost is not, and need not be signed. */
export function isOfSignature(space: Space, layout: Layout, signature: string): boolean {
  const { cells, cost } = layout.objective;
  const own = signatureCost(space, signature);
  if (own !== undefined && (own.cells !== cells || !costEquals(own.cost, cost))) return false;
  return signatureInForm(space, layout, formOf(signature)).signature === signature;
}

type Cost = Pick<Objective, "cells" | "cost">;

/** At most some ten megabytes for each machine. */
const signaturesMax = 1 << 15;

interface SignatureCache {
  readonly sign: (parts: PlanParts, form: SignatureForm) => Signature;
  readonly signatures: Map<string, Signature>;
  /** By workload and signature; null where placements of one signature may differ in cost. */
  readonly costs: Map<string, Cost> | null;
}

const signatureCaches = new WeakMap<Inventory, SignatureCache>();

function newCache(inventory: Inventory): SignatureCache {
  const cache: SignatureCache = {
    sign: planSignatures(inventory.topology),
    signatures: new Map(),
    costs: costFollowsDistance(inventory.topology) ? new Map<string, Cost>() : null,
  };
  signatureCaches.set(inventory, cache);
  return cache;
}

function keyOf(space: Space, { cells, partition }: Layout): string {
  const { vcpus, hugepageBytes, locality, isolation } = space.request;
  const cores = isolation === "shared" ? cells.map(() => []) : nameCores(space, cells);
  const caches = new Map<number, number>();
  const parts = cells.map((cell, i) => [
    cell.node,
    cell.idleThreads,
    ...cell.units.map(({ node, count }) => `${node}:${count}`),
    "m",
    ...cell.granules.map(({ node, count }) => `${node}:${count}`),
    "c",
    ...perGroup(space.inventory, at(cores, i), caches),
    "a",
    ...cell.accelerators.map(({ position }) => position),
    "n",
    ...cell.nics.map(({ position }) => position),
  ]);
  const all = [...parts.map((part) => part.join(" ")), ...poolClasses(space, cells)].join(";");
  return `${vcpus} ${hugepageBytes} ${locality} ${isolation} ${partition !== null};${all}`;
}

/** The classes of the cores that vCPUs float over; none where the machine has one. */
function poolClasses(space: Space, cells: readonly LayoutCell[]): string[] {
  const { cores } = space.inventory;
  if (space.request.isolation !== "shared" || cores.classes.length < 2) return [];
  return [...namePools(space, cells)].map(([node, cpus]) => {
    const own = indices(cpus).map((cpu) => at(cores.all, valueOf(cores.ofCpu, cpu)).coreClass);
    return `${node} of ${[...new Set(own)].toSorted((a, b) => a - b).join(" ")}`;
  });
}

/**
 * Numbers of cores by group, in the order of the vCPUs, as the last core may have an idle thread:
 * each with its node, its class, and its cache by order of appearance.
 */
function perGroup(
  { cores: { groups } }: Inventory,
  cores: readonly SoldCore[],
  caches: Map<number, number>,
): string[] {
  const runs: { group: number; count: number }[] = [];
  for (const { group } of cores) {
    const last = runs.at(-1);
    if (last?.group === group) last.count++;
    else runs.push({ group, count: 1 });
  }
  return runs.map(({ group, count }) => {
    const { node, cache, unknownCache, coreClass } = at(groups, group);
    if (unknownCache) return `${node}?${coreClass}:${count}`;
    const number = caches.get(cache) ?? caches.size;
    caches.set(cache, number);
    return `${node}.${number}.${coreClass}:${count}`;
  });
}
