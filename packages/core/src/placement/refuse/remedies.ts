import type { Request } from "../../request/request.ts";
import { isolations } from "../../request/virtual-machine.ts";
import type { Topology } from "../../topology/topology.ts";
import { amountOf } from "../../text/amount.ts";
import { formatBytes, formatQuantity, GiB, MiB } from "../../unit/bytes.ts";
import { valueOf } from "../../unit/list.ts";
import type { HostState } from "../../plan/host-state.ts";
import type { RefusalReason, Remedy } from "../../plan/refusal.ts";
import { largestThatFits } from "./largest.ts";
import { isPlaceable } from "../search/search.ts";
import { usualWidth } from "../inventory/cores.ts";
import { granuleOf } from "../space/memory.ts";

/**
 * The smallest changes that would make a refused request fit, each by itself: less of one thing,
 * another locality, isolation or page size, more huge pages, or one VM fewer; where none of these
 * is enough, fewer vCPUs and less memory together. Every one has been tried by the same search that
 * refused; what does not help is not offered.
 */
export function remedies(
  host: HostState,
  request: Request,
  reasons: readonly RefusalReason[],
): readonly Remedy[] {
  const fits = (change: Partial<Request>): boolean => isPlaceable(host, { ...request, ...change });
  const single = [
    ...fewerDevices(request, fits),
    ...fewerVcpus(host, request, fits),
    ...lessMemory(request, fits),
    ...otherTerms(request, fits),
    ...moreHugepages(host, request, reasons),
    ...withoutOne(host, request),
  ];
  return single.length > 0 ? single : lessOfBoth(host, request, fits);
}

/** The request without its flavor's signature: any class of placements will do. */
export function asItComes(request: Request): Request {
  return { ...request, signature: null };
}

/** Where all that is missing is the class: another grade, another class to sell, one VM fewer. */
export function signatureRemedies(
  host: HostState,
  request: Request,
  available: string,
): readonly Remedy[] {
  const { locality, signature } = request;
  const grade =
    locality === "preferred"
      ? []
      : [
          remedy(
            "spec.locality",
            locality,
            "preferred",
            "It fits if it may be of another grade than its flavor.",
          ),
        ];
  return [
    ...grade,
    remedy("signature", signature, available, `It fits as a flavor of signature ${available}.`),
    ...withoutOne(host, request),
  ];
}

type Fits = (change: Partial<Request>) => boolean;

function remedy(change: string, from: Remedy["from"], to: Remedy["to"], message: string): Remedy {
  return { change, from, to, message };
}

function fewerDevices(request: Request, fits: Fits): Remedy[] {
  const { accelerators, nics } = request;
  const fewer = (than: number): number[] => Array.from({ length: than }, (_, i) => than - 1 - i);
  const accelerator = fewer(accelerators.count)
    .filter((some) => some > 0)
    .find((some) => fits({ accelerators: { ...accelerators, count: some } }));
  const nic = fewer(nics.count).find((some) => fits({ nics: { ...nics, count: some } }));
  return [
    ...(accelerator === undefined
      ? []
      : [
          remedy(
            "spec.accelerators.count",
            accelerators.count,
            accelerator,
            `It fits with ${amountOf(accelerator, "accelerator")}.`,
          ),
        ]),
    ...(nic === undefined
      ? []
      : [remedy("spec.nics.count", nics.count, nic, `It fits with ${amountOf(nic, "NIC")}.`)]),
  ];
}

function fewerVcpus(host: HostState, request: Request, fits: Fits): Remedy[] {
  const width = request.isolation === "shared" ? 1 : usualWidth(host.topology);
  const most = largestThatFits(
    Math.ceil(request.vcpus / width) - 1,
    Math.max(1, request.accelerators.count),
    (units) => fits({ vcpus: units * width }),
  );
  if (most === null) return [];
  const vcpus = most * width;
  return [remedy("spec.vcpus", request.vcpus, vcpus, `It fits with ${amountOf(vcpus, "vCPU")}.`)];
}

function lessMemory(request: Request, fits: Fits): Remedy[] {
  const granule = granuleOf(request);
  const most = largestThatFits(
    Math.ceil(request.memoryBytes / granule) - 1,
    Math.max(1, request.accelerators.count),
    (granules) => fits({ memoryBytes: granules * granule }),
  );
  if (most === null) return [];
  const bytes = most * granule;
  return [
    remedy(
      "spec.memory",
      formatQuantity(request.memoryBytes),
      formatQuantity(bytes),
      `It fits with ${formatBytes(bytes)} of memory.`,
    ),
  ];
}

/** As much memory as fits with the fewest vCPUs, and then as many vCPUs as fit with that memory. */
function lessOfBoth(host: HostState, request: Request, fits: Fits): Remedy[] {
  const period = Math.max(1, request.accelerators.count);
  const width = request.isolation === "shared" ? 1 : usualWidth(host.topology);
  const granule = granuleOf(request);
  const granules = largestThatFits(Math.ceil(request.memoryBytes / granule), period, (some) =>
    fits({ vcpus: period * width, memoryBytes: some * granule }),
  );
  if (granules === null) return [];
  const memoryBytes = granules * granule;
  const units = largestThatFits(Math.ceil(request.vcpus / width), period, (some) =>
    fits({ vcpus: some * width, memoryBytes }),
  );
  if (units === null) return [];
  const vcpus = units * width;
  return [
    remedy(
      "spec.vcpus, spec.memory",
      `${request.vcpus}, ${formatQuantity(request.memoryBytes)}`,
      `${vcpus}, ${formatQuantity(memoryBytes)}`,
      `It fits with ${amountOf(vcpus, "vCPU")} and ${formatBytes(memoryBytes)} of memory together.`,
    ),
  ];
}

const pageNames = new Map<number | null, string>([
  [null, "none"],
  [2 * MiB, "2Mi"],
  [GiB, "1Gi"],
]);

function otherTerms(request: Request, fits: Fits): Remedy[] {
  const { accelerators, hugepageBytes, isolation, locality } = request;
  const found: Remedy[] = [];
  const offer = (
    helps: boolean,
    change: string,
    from: string,
    to: string | null,
    message: string,
  ): void => {
    if (helps) found.push(remedy(change, from, to, message));
  };
  if (locality !== "preferred") {
    const message = "It fits if its cores or memory may lie on other nodes, at a cost.";
    offer(fits({ locality: "preferred" }), "spec.locality", locality, "preferred", message);
  }
  const weaker = isolations
    .slice(0, isolations.indexOf(isolation))
    .findLast((level) => fits({ isolation: level }));
  if (weaker !== undefined) {
    offer(true, "spec.isolation", isolation, weaker, `It fits with isolation "${weaker}".`);
  }
  const page = [...pageNames.keys()].find(
    (size) => size !== hugepageBytes && fits({ hugepageBytes: size }),
  );
  if (page !== undefined) {
    const [from, to] = [valueOf(pageNames, hugepageBytes), valueOf(pageNames, page)];
    offer(true, "spec.hugepages", from, to, `It fits with hugepages "${to}".`);
  }
  if (accelerators.link !== "any") {
    const helps = fits({ accelerators: { ...accelerators, link: "any" } });
    const message = "It fits if the accelerators may be connected in any way.";
    offer(helps, "spec.accelerators.link", accelerators.link, "any", message);
  }
  if (accelerators.model !== null) {
    const helps = fits({ accelerators: { ...accelerators, model: null } });
    offer(
      helps,
      "spec.accelerators.model",
      accelerators.model,
      null,
      "It fits with accelerators of any model.",
    );
  }
  return found;
}

/** Setting the missing huge pages apart, where that alone helps and the nodes have the memory. */
function moreHugepages(
  host: HostState,
  request: Request,
  reasons: readonly RefusalReason[],
): Remedy[] {
  const size = request.hugepageBytes;
  const short = reasons.filter(
    ({ code }) => code === "hugepages-short" || code === "hugepages-absent",
  );
  if (size === null) return [];
  return short.flatMap(({ node, needs, has }) => {
    if (node === null || needs === null || has === null) return [];
    const missing = needs - has;
    const grown = withMorePages(host, request, node, size, missing);
    if (grown === null) return [];
    if (!isPlaceable({ ...host, topology: grown.topology }, request)) return [];
    const path = `/sys/devices/system/node/node${node}/hugepages/hugepages-${size / 1024}kB/nr_hugepages`;
    const message = `It fits with ${amountOf(missing, "more page")} of ${formatBytes(size)} on node ${node}: echo ${grown.total} > ${path}`;
    return [remedy(`nodes[${node}].hugepages`, grown.total - missing, grown.total, message)];
  });
}

/** The topology with more huge pages on one node, or null when its base pages cannot give them. */
function withMorePages(
  host: HostState,
  request: Request,
  id: number,
  size: number,
  pages: number,
): { readonly topology: Topology; readonly total: number } | null {
  const { topology } = host;
  const node = topology.nodes.find((entry) => entry.id === id);
  if (node === undefined || node.memoryBytes === null) return null;
  const basePages = { ...request, hugepageBytes: null, memoryBytes: pages * size };
  const withoutDevices = {
    ...basePages,
    accelerators: { ...request.accelerators, count: 0 },
    nics: { ...request.nics, count: 0 },
    vcpus: 1,
    locality: "strict",
    isolation: "shared",
  } as const;
  const alone = { ...topology, nodes: [node], distances: null, access: [] };
  if (!isPlaceable({ ...host, topology: alone }, withoutDevices)) return null;
  const noPages = { sizeBytes: size, total: 0, free: 0 };
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

function withoutOne(host: HostState, request: Request): Remedy[] {
  return host.taken.flatMap((plan) => {
    const taken = host.taken.filter((other) => other !== plan);
    if (!isPlaceable({ ...host, taken }, request)) return [];
    return [remedy("host.taken", plan.vm, null, `It fits without the VM ${plan.vm}.`)];
  });
}
