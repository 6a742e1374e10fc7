import { type HostState, type Withheld, withheldFunctions } from "../../plan/host-state.ts";
import type { Plan } from "../../plan/plan.ts";
import type { RefusalReason } from "../../plan/refusal.ts";
import type { Request } from "../../request/request.ts";
import { size } from "../../set/index-set.ts";
import { knownCpus, knownPools } from "../../topology/node-facts.ts";
import { amountOf, plural } from "../../text/amount.ts";
import { shorten } from "../../text/shorten.ts";
import { formatBytes } from "../../unit/bytes.ts";
import { at } from "../../unit/list.ts";
import { sumOf } from "../../unit/sum.ts";
import { type Device, idsOf } from "../inventory/devices.ts";
import { isWanted } from "../space/devices.ts";
import { linkedOn } from "./accelerator-causes.ts";
import type { Cause } from "./cause.ts";
import { modelMeant, modelsOf } from "./models.ts";
import type { Stock } from "./stock.ts";
import { nodeList, type NodesWay } from "./ways.ts";

/** A cause of a refusal. `node`, `needs` and `has` are null unless given. */
export function reason(
  cause: Pick<RefusalReason, "code" | "message"> & Partial<RefusalReason>,
): RefusalReason {
  return { node: null, needs: null, has: null, ...cause };
}

/** The refusal of a host that has a VM which the request must be kept away from. */
export function awayReason({ name }: Request, met: readonly Plan[]): RefusalReason {
  const vms = met.map(({ vm }) => vm).join(", ");
  const message = `${name} must be kept away from ${vms}, which ${met.length === 1 ? "is" : "are"} on this host.`;
  return reason({ code: "kept-away", needs: 0, has: met.length, message });
}

/** What sentences are made from: the host as it is, and its stock. */
export interface Facts {
  readonly host: HostState;
  readonly stock: Stock;
}

/** The causes of a way in words, each a sentence with its numbers. */
export function reasonsOf(facts: Facts, way: NodesWay): readonly RefusalReason[] {
  return way.causes.map((cause) => {
    const [only, ...others] = cause.nodes;
    const node = only === undefined || others.length > 0 ? null : only;
    const { code, needs, has, message } = said(facts, way, cause);
    return { code, node, needs, has, message: shorten(message, 1024) };
  });
}

type Said = Pick<RefusalReason, "code" | "needs" | "has" | "message">;

function said(facts: Facts, way: NodesWay, cause: Cause): Said {
  const { code, needs, has } = cause;
  const as = (message: string): Said => ({ code, needs, has, message });
  switch (code) {
    case "cores-short":
    case "cpus-short":
      return as(coresMessage(facts, cause));
    case "memory-short":
    case "memory-unknown":
    case "hugepages-short":
    case "hugepages-absent":
      return memorySaid(facts, cause);
    case "nics-short":
    case "nics-unknown":
      return as(nicsMessage(facts, cause));
    case "accelerators-short":
      return as(acceleratorsMessage(facts, cause));
    case "accelerators-unlinked":
      return unlinkedSaid(facts, way, cause);
    case "isolation-conflict":
      return as(isolationMessage(facts, cause));
    case "partition-unavailable":
      return as(partitionMessage(facts.stock, cause));
    case "cores-unknown":
    case "cache-unknown":
    case "accelerator-node-unknown":
    case "accelerator-model-unknown":
      return as(unknownMessage(facts, cause));
    case "signature-unavailable":
      return as(signatureMessage(facts.stock, cause));
    case "search-ended":
      return as(
        "All that was counted suffices. The search ended at its limit before it found a place; there may be one.",
      );
  }
}

function unknownMessage({ host, stock }: Facts, cause: Cause): string {
  const { code, nodes, needs, partition } = cause;
  const { request } = stock.space;
  const where = on(stock, nodes);
  if (code === "cache-unknown") {
    return `Isolation "l3" is asked for, and the last-level caches of cores ${where} are unknown, so no VM can have one alone.`;
  }
  if (code === "cores-unknown") {
    const { length } = host.topology.cores;
    const which = length === 0 ? "which cores there are" : `which of its ${length} cores are there`;
    return `${unitsText(stock, needs)} needed ${where}; ${which} is unknown.`;
  }
  if (partition !== undefined) {
    const has = `A VM has a fabric partition as a whole, and partition ${partition} has ${amountOf(needs, "GPU")}`;
    return code === "accelerator-model-unknown"
      ? `${has} ${nodes.length === 0 ? "of unknown node" : where} that must be${modelText(request)}; of some the model is unknown.`
      : `${has} of unknown node.`;
  }
  const needed = `${amountOf(needs, "GPU")}${modelText(request)} needed ${where}`;
  if (code === "accelerator-model-unknown") {
    return `${needed}; the model of free ones there is unknown.`;
  }
  const unplaced = stock.free.filter(({ node }) => node === null).length;
  const which = unplaced === 0 ? "some" : `${unplaced} of the ${stock.free.length} free ones`;
  return `${needed}; the node of ${which} is unknown.`;
}

function signatureMessage(stock: Stock, { nodes, has }: Cause): string {
  const { request } = stock.space;
  const signature = `signature ${request.signature}, which ${flavorText(request)} is sold in`;
  return has === null
    ? `Whether a place ${on(stock, nodes)} has ${signature}, is unknown.`
    : `Beside what others have, no place ${on(stock, nodes)} has ${signature}.`;
}

/** The flavor of a request in a sentence. */
export function flavorText({ flavor }: Request): string {
  return flavor === null ? "the flavor" : `flavor ${flavor}`;
}

function on({ space }: Stock, nodes: readonly number[]): string {
  if (nodes.length === 0) return "on the host";
  const isAll = nodes.length > 1 && nodes.length === space.inventory.nodeIds.length;
  return isAll ? "on the host" : `on node${nodes.length > 1 ? "s" : ""} ${nodeList(nodes)}`;
}

const positionsOf = ({ space }: Stock, nodes: readonly number[]): readonly number[] =>
  nodes.map((id) => space.inventory.nodeIds.indexOf(id));

function unitsText({ space }: Stock, units: number): string {
  return amountOf(units, space.request.isolation === "shared" ? "CPU" : "whole core");
}

/** Names the part of a policy that keeps something, where what it keeps would be enough. */
function keptBy(kept: number, amount: string, missing: number, field: string): string {
  return kept > 0 && kept >= missing ? `: the policy keeps ${amount} (${field})` : "";
}

function coresMessage({ host, stock }: Facts, { nodes, needs, has }: Cause): string {
  const { inventory, request } = stock.space;
  const positions = positionsOf(stock, nodes);
  const own = inventory.cores.all.filter(({ node }) => positions.includes(node));
  const isShared = request.isolation === "shared";
  const { threadsPerCore } = inventory.cores;
  const cpus = sumOf(positions, (i) => size(knownCpus(at(inventory.topology.nodes, i))));
  const all = isShared ? cpus : own.length;
  const keptCpus = sumOf(positions, (i) => size(at(inventory.cores.hostCpus, i)));
  const kept = isShared ? keptCpus : Math.floor(keptCpus / threadsPerCore);
  const field = host.policy.reserved.cpus === null ? "reserved.coresPerNode" : "reserved.cpus";
  const missing = has === null ? needs : needs - has;
  const free = all === 0 ? "and there are none" : `${has} of ${all} free`;
  const needed = `${unitsText(stock, needs)} needed ${on(stock, nodes)}, ${free}`;
  return `${needed}${keptBy(kept, `${kept}`, missing, field)}.`;
}

function memorySaid({ host, stock }: Facts, { code, nodes, needs, has }: Cause): Said {
  const { request, granuleBytes, topology } = stock.space;
  const where = on(stock, nodes);
  const own = topology.nodes.filter(({ id }) => nodes.includes(id));
  const isHuge = request.hugepageBytes !== null;
  const amount = (granules: number): string =>
    isHuge
      ? `${granules} ${formatBytes(granuleBytes)} ${plural(granules, "page")}`
      : `${formatBytes(granules * granuleBytes)} of memory`;
  const scale = isHuge ? 1 : granuleBytes;
  const as = (message: string): Said => ({
    code,
    needs: needs * scale,
    has: has === null ? null : has * scale,
    message,
  });
  const needed = `${amount(needs)} needed ${where}`;
  if (has === null) {
    const whose = where === "on the host" ? "the host" : where.replace("on ", "");
    return as(`${needed}; how much ${isHuge ? "of these" : "memory"} ${whose} has is unknown.`);
  }
  if (code === "hugepages-absent") {
    return as(`${needed}, and the host has no pool of that size.`);
  }
  if (isHuge) {
    const pools = own.flatMap(knownPools);
    const all = sumOf(pools, ({ sizeBytes, total }) => (sizeBytes === granuleBytes ? total : 0));
    return as(`${needed}, ${has} of ${all} free.`);
  }
  const free = `${formatBytes(has * granuleBytes)} free`;
  const bytes = sumOf(own, ({ memoryBytes }) => (memoryBytes === null ? 0 : memoryBytes));
  const huge = sumOf(own.flatMap(knownPools), ({ sizeBytes, total }) => sizeBytes * total);
  const missing = (needs - has) * granuleBytes;
  const { memoryPerNodeBytes } = host.policy.reserved;
  const kept = sumOf(own, ({ memoryBytes }) =>
    memoryBytes === null ? 0 : Math.min(memoryBytes, memoryPerNodeBytes),
  );
  const why =
    keptBy(kept, formatBytes(kept), missing, "reserved.memoryPerNode") ||
    (huge > 0 ? `; ${formatBytes(huge)} are set apart as huge pages` : "");
  return as(`${needed}, ${free} of ${formatBytes(bytes)}${why}.`);
}

function nicsMessage({ host, stock }: Facts, { code, nodes, needs, has }: Cause): string {
  const { request, inventory } = stock.space;
  const isNear = (node: number | null): boolean =>
    nodes.length === 0 || (node !== null && nodes.includes(node));
  const own = inventory.devices.nics.filter(({ node }) => isNear(node));
  const needed = `${amountOf(needs, "NIC")}${request.nics.rdma ? " with RDMA" : ""} needed ${on(stock, nodes)}`;
  if (code === "nics-unknown") {
    return `${needed}; of free ones the node is unknown, or whether they do RDMA.`;
  }
  const all = host.topology.nics.filter(({ address }) => isNear(nodeOfFunction(host, address)));
  const missing = has === null ? needs : needs - has;
  const sold = new Set(own.map(({ address }) => address));
  const unsold = all.map(({ address }) => address).filter((address) => !sold.has(address));
  const free = own.length === 0 ? "and there is none" : `${has} of ${own.length} free`;
  return `${needed}, ${free}${whyUnsold(host, "nics", unsold, missing)}.`;
}

const words: Readonly<Record<Withheld, string>> = {
  excluded: "excluded by the policy",
  display: "the host's display",
  "boot-disk": "the controller of the host's boot disk",
  "default-route": "the NIC of the host's default route",
};

/** Why devices are not sold, where they would be enough: withheld, or left out by the policy. */
function whyUnsold(
  { topology, policy }: HostState,
  field: "accelerators" | "nics",
  unsold: readonly string[],
  missing: number,
): string {
  if (unsold.length === 0 || unsold.length < missing) return "";
  const reasons = withheldFunctions(topology, policy);
  const withheld = unsold.flatMap((address) => {
    const why = reasons.get(address);
    return why === undefined ? [] : [`${address} is not sold: it is ${words[why]}`];
  });
  const others = policy[field] === null ? 0 : unsold.length - withheld.length;
  return [
    ...withheld.slice(0, namedMax).map((one) => `; ${one}`),
    ...(others > 0 ? [`: the policy leaves out ${others} (${field})`] : []),
  ].join("");
}

function modelText({ accelerators: { model } }: Request): string {
  return model === null ? "" : ` of model "${model}"`;
}

function acceleratorsMessage({ host, stock }: Facts, cause: Cause): string {
  const { nodes, needs, has, partition } = cause;
  const { request, inventory } = stock.space;
  const { model, count } = request.accelerators;
  const devices = inventory.devices.accelerators;
  const wanted = devices.filter((device) => isWanted(device, model));
  const isNear = (node: number | null): boolean =>
    nodes.length === 0 || (node !== null && nodes.includes(node));
  const here = wanted.filter(({ node }) => isNear(node));
  const needed = `${amountOf(needs, "GPU")}${modelText(request)} needed ${on(stock, nodes)}`;
  if (wanted.length === 0) return `${needed}; ${hostHas(host, devices, model)}`;
  if (partition !== undefined) return partitionShortMessage(stock, cause, partition);
  const most =
    wanted.length < count ? `; the host has ${wanted.length}, and ${count} are asked for` : "";
  const free = here.length === 0 ? "and there is none" : `${has} of ${here.length} free`;
  const unsold = unsoldAccelerators(host, devices, model).filter((address) =>
    isNear(nodeOfFunction(host, address)),
  );
  const missing = has === null ? needs : needs - has;
  return `${needed}, ${free}${most}${whyUnsold(host, "accelerators", unsold, missing)}.`;
}

/** A VM has all accelerators of a partition, so its numbers are those of its members. */
function partitionShortMessage(stock: Stock, { nodes, needs, has }: Cause, id: number): string {
  const where = nodes.length === 0 ? "of unknown node" : on(stock, nodes);
  const { model } = stock.space.request.accelerators;
  const ofModel = model === null ? "" : ` and of model "${model}"`;
  const these = needs === 1 ? "it has to be" : "all of them have to be";
  return `Fabric partition ${id} has ${amountOf(needs, "GPU")} ${where}, and ${these} free${ofModel}; ${has} of ${needs} ${has === 1 ? "is" : "are"}.`;
}

/** What a host has that has nothing of what is wanted. */
function hostHas(host: HostState, devices: readonly Device[], model: string | null): string {
  const unsold = unsoldAccelerators(host, devices, model);
  const withheld = whyUnsold(host, "accelerators", unsold, 1);
  if (devices.length === 0) {
    const all = host.topology.accelerators.length;
    if (all === 0) return "this host has no GPU.";
    return `this host has ${amountOf(all, "GPU")}${withheld === "" ? ", cut into parts" : withheld}.`;
  }
  if (withheld !== "") return `this host has ${modelsOf(devices)}${withheld}.`;
  const meant = model === null ? null : modelMeant(model, devices);
  return `this host has ${modelsOf(devices)}${meant === null ? "." : `; did you mean ${meant}?`}`;
}

/** The accelerators of a wanted model that the host has and does not sell. */
function unsoldAccelerators(
  { topology }: HostState,
  devices: readonly Device[],
  wanted: string | null,
): readonly string[] {
  const sold = new Set(devices.map(({ address }) => address));
  const functions = new Map(topology.pci.map((device) => [device.address, device]));
  return topology.accelerators.flatMap(({ address, model }) => {
    const ids = idsOf(functions.get(address));
    return !sold.has(address) && isWanted({ model, ids, isPart: false }, wanted) ? [address] : [];
  });
}

function nodeOfFunction({ topology }: HostState, address: string): number | null {
  return topology.pci.find((device) => device.address === address)?.node ?? null;
}

function unlinkedSaid({ stock }: Facts, { nodes }: NodesWay, { code, needs }: Cause): Said {
  const { request } = stock.space;
  const has = linkedOn(stock, nodes);
  const what = `${amountOf(needs, "GPU")}${modelText(request)}`;
  const free = stock.space.accelerators.filter(({ node }) => nodes.includes(node)).length;
  const message =
    request.accelerators.link === "nvlink"
      ? `${what} that are all linked directly are needed ${on(stock, nodes)}; at most ${has} of the ${free} free ones ${has === 1 ? "is" : "are"}.`
      : `${what} below one PCIe switch are needed ${on(stock, nodes)}; the most free ones below one switch are ${has}.`;
  return { code, needs, has, message };
}

function partitionMessage(stock: Stock, { partition, nodes, needs, has }: Cause): string {
  const gpus = amountOf(needs, "GPU");
  if (partition !== undefined) {
    return `Fabric partition ${partition} has ${gpus}, and ${has} of them are free.`;
  }
  const where = nodes.length === 0 ? "" : ` ${on(stock, nodes)}`;
  const smaller = has === 0 ? "and none has fewer" : `the largest smaller one has ${has}`;
  return `No free fabric partition has ${gpus}${where}, ${smaller}.`;
}

/** How many VMs are named. */
const namedMax = 8;

/** The planned VMs that isolation can concern on some nodes: those there, or alone on the host. */
function neighbors({ host, stock }: Facts, nodes: readonly number[]): readonly Plan[] {
  const { isolation } = stock.space.request;
  const isThere = ({ cells }: Plan): boolean =>
    cells.some(
      ({ hostNode, memoryOnNodes }) =>
        nodes.includes(hostNode) || memoryOnNodes.some(({ node }) => nodes.includes(node)),
    );
  const near = host.taken.filter(
    (plan) => isolation === "host" || plan.isolation === "host" || isThere(plan),
  );
  // A cache may reach over nodes.
  return near.length > 0 ? near : host.taken;
}

function isolationMessage(facts: Facts, { nodes, needs, has }: Cause): string {
  const { host, stock } = facts;
  const { space } = stock;
  const strangers = (host.held ?? []).filter(({ plan }) => plan === null);
  const vms = [
    ...neighbors(facts, nodes).map((plan) => `${plan.vm} (${plan.isolation})`),
    ...strangers.map(({ name }) => `${name} (without a plan)`),
  ];
  const more = vms.length - namedMax;
  const named = `${vms.slice(0, namedMax).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
  const open = has === 0 ? "none" : `${has}`;
  return `${unitsText(stock, needs)} needed ${on(stock, nodes)}, and isolation leaves ${open}: ${space.request.name} asks for "${space.request.isolation}", and the host has ${named}.`;
}
