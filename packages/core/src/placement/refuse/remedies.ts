import type { Request } from "../../request/request.ts";
import { isolations } from "../../request/virtual-machine.ts";
import { amountOf } from "../../text/amount.ts";
import { formatBytes, formatQuantity, GiB, MiB } from "../../unit/bytes.ts";
import { valueOf } from "../../unit/list.ts";
import type { HostState } from "../../plan/host-state.ts";
import type { RefusalRemedy } from "../../plan/refusal.ts";
import { advice } from "../../remedy/remedy.ts";
import { moreHugepages, otherPolicy, withoutOne } from "./host-remedies.ts";
import { largestThatFits } from "./largest.ts";
import { isPlaceable } from "../search/search.ts";
import { usualWidth } from "../inventory/cores.ts";
import { granuleOf } from "../space/memory.ts";
import type { NodesWay } from "./ways.ts";

/**
 * The smallest changes that would make a refused request fit, each enough by itself: less of one
 * thing, another locality, isolation or page size, more huge pages, another policy, or one VM
 * fewer; where none of these is enough, fewer vCPUs and less memory together. The search that
 * refused has tried each one and found that it helps.
 */
export function remedies(
  host: HostState,
  request: Request,
  ways: readonly NodesWay[],
): readonly RefusalRemedy[] {
  const fits = (change: Partial<Request>): boolean => isPlaceable(host, { ...request, ...change });
  const single = [
    ...fewerDevices(request, fits),
    ...fewerVcpus(host, request, fits),
    ...lessMemory(request, fits),
    ...otherTerms(request, fits),
    ...moreHugepages(host, request, ways),
    ...otherPolicy(host, request, ways),
    ...withoutOne(host, request),
  ];
  return single.length > 0 ? single : lessOfBoth(host, request, fits);
}

/** The request without its flavor's signature, for a place of any signature. */
export function inAnySignature(request: Request): Request {
  return { ...request, signature: null };
}

/** Remedies where only the signature is missing: any signature, another to sell, one VM fewer. */
export function signatureRemedies(
  host: HostState,
  request: Request,
  available: string,
): readonly RefusalRemedy[] {
  const { locality, signature } = request;
  const anySignature =
    locality === "preferred"
      ? []
      : [
          remedy({
            change: "spec.locality",
            from: locality,
            to: "preferred",
            text: "It fits with `locality: preferred`, in another signature than its flavor is sold in.",
          }),
        ];
  return [
    ...anySignature,
    remedy({
      change: "signature",
      from: signature,
      to: available,
      text: `It fits as a flavor of signature ${available}.`,
    }),
    ...withoutOne(host, request),
  ];
}

type Fits = (change: Partial<Request>) => boolean;

/** A change to the request, which no command makes. */
function remedy({ text, ...change }: Change): RefusalRemedy {
  return { ...change, ...advice(null, text) };
}

type Change = Pick<RefusalRemedy, "change" | "from" | "to" | "text">;

function fewerDevices(request: Request, fits: Fits): RefusalRemedy[] {
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
          remedy({
            change: "spec.accelerators.count",
            from: accelerators.count,
            to: accelerator,
            text: `It fits with ${amountOf(accelerator, "GPU")}.`,
          }),
        ]),
    ...(nic === undefined
      ? []
      : [
          remedy({
            change: "spec.nics.count",
            from: nics.count,
            to: nic,
            text: `It fits with ${amountOf(nic, "NIC")}.`,
          }),
        ]),
  ];
}

function fewerVcpus(host: HostState, request: Request, fits: Fits): RefusalRemedy[] {
  const width = request.isolation === "shared" ? 1 : usualWidth(host.topology);
  const most = largestThatFits(
    Math.ceil(request.vcpus / width) - 1,
    Math.max(1, request.accelerators.count),
    (units) => fits({ vcpus: units * width }),
  );
  if (most === null) return [];
  const vcpus = most * width;
  const text = `It fits with ${amountOf(vcpus, "vCPU")}.`;
  return [remedy({ change: "spec.vcpus", from: request.vcpus, to: vcpus, text })];
}

function lessMemory(request: Request, fits: Fits): RefusalRemedy[] {
  const granule = granuleOf(request);
  const most = largestThatFits(
    Math.ceil(request.memoryBytes / granule) - 1,
    Math.max(1, request.accelerators.count),
    (granules) => fits({ memoryBytes: granules * granule }),
  );
  if (most === null) return [];
  const bytes = most * granule;
  return [
    remedy({
      change: "spec.memory",
      from: formatQuantity(request.memoryBytes),
      to: formatQuantity(bytes),
      text: `It fits with ${formatBytes(bytes)} of memory.`,
    }),
  ];
}

/** As much memory as fits with the fewest vCPUs, and then as many vCPUs as fit with that memory. */
function lessOfBoth(host: HostState, request: Request, fits: Fits): RefusalRemedy[] {
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
    remedy({
      change: "spec.vcpus, spec.memory",
      from: `${request.vcpus}, ${formatQuantity(request.memoryBytes)}`,
      to: `${vcpus}, ${formatQuantity(memoryBytes)}`,
      text: `It fits with ${amountOf(vcpus, "vCPU")} and ${formatBytes(memoryBytes)} of memory.`,
    }),
  ];
}

const pageNames = new Map<number | null, string>([
  [null, "none"],
  [2 * MiB, "2Mi"],
  [GiB, "1Gi"],
]);

function otherTerms(request: Request, fits: Fits): RefusalRemedy[] {
  const { accelerators, hugepageBytes, isolation, locality } = request;
  const offers: Change[] = [];
  if (locality !== "preferred" && fits({ locality: "preferred" })) {
    const text = "It fits with `locality: preferred`, slower.";
    offers.push({ change: "spec.locality", from: locality, to: "preferred", text });
  }
  const weaker = isolations
    .slice(0, isolations.indexOf(isolation))
    .findLast((level) => fits({ isolation: level }));
  if (weaker !== undefined) {
    const text = `It fits with \`isolation: ${weaker}\`.`;
    offers.push({ change: "spec.isolation", from: isolation, to: weaker, text });
  }
  const page = [...pageNames.keys()].find(
    (size) => size !== hugepageBytes && fits({ hugepageBytes: size }),
  );
  if (page !== undefined) {
    const [from, to] = [valueOf(pageNames, hugepageBytes), valueOf(pageNames, page)];
    offers.push({ change: "spec.hugepages", from, to, text: `It fits with \`hugepages: ${to}\`.` });
  }
  const { link, model } = accelerators;
  if (link !== "any" && fits({ accelerators: { ...accelerators, link: "any" } })) {
    const text = "It fits with `link: any`, over slower links.";
    offers.push({ change: "spec.accelerators.link", from: link, to: "any", text });
  }
  if (model !== null && fits({ accelerators: { ...accelerators, model: null } })) {
    const text = "It fits with GPUs of any model.";
    offers.push({ change: "spec.accelerators.model", from: model, to: null, text });
  }
  return offers.map(remedy);
}
