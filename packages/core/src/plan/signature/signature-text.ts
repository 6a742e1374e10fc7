import { interconnectCost } from "../../cost/interconnect-cost.ts";
import type { Interconnect } from "../../topology/interconnect.ts";
import { className } from "../../topology/core-classes.ts";
import { unknownLast } from "../../topology/unknown-last.ts";
import { amountOf, plural } from "../../text/amount.ts";
import { formatBytes } from "../../unit/bytes.ts";
import { at } from "../../unit/list.ts";
import type {
  SignatureCell,
  SignatureCore,
  SignatureDevice,
  SignatureInput,
  SignaturePool,
} from "./signature-input.ts";
import { sum } from "../../unit/sum.ts";

/**
 * The text of a signature: "2 cells × (12 cores/24 threads, 240 GiB in 1 GiB pages, 1 GPU, 1 NIC on
 * its switch), 21 apart, GPUs NV18". Cells with equal text are counted together. What strays is
 * mentioned; what does not is not. Renaming changes nothing. The text leaves out details (caches,
 * CPU model), so placements of different signatures may have the same text.
 */
export function signatureText(input: SignatureInput): string {
  const cells = withCounts(input.cells.map((cell, index) => cellWords(input, cell, index)));
  const words = cells.map(([text, count]) => `${amountOf(count, "cell")} × (${text})`);
  const { isolation } = input;
  return [
    words.join(" + "),
    distanceWords(input),
    peerWords(input),
    isolation === "core" ? null : `isolation ${isolation}`,
    input.partitioned ? "a fabric partition of its own" : null,
  ]
    .filter((part) => part !== null)
    .join(", ");
}

function cellWords(input: SignatureInput, cell: SignatureCell, index: number): string {
  const { devices } = input;
  const own = devices.flatMap((device, i) => (device.cell === index ? [i] : []));
  const accelerators = own.filter((i) => at(devices, i).kind === "accelerator");
  const nics = own.filter((i) => at(devices, i).kind === "nic");
  return [
    ...cpuWords(cell),
    memoryWords(cell),
    ...withCounts(accelerators.map((i) => deviceName(at(devices, i)))).map(([name, count]) =>
      amountOf(count, name),
    ),
    ...nicWords(input, accelerators, nics),
    ...strayWords(input, cell, own),
  ].join(", ");
}

function cpuWords({ cores, pools }: SignatureCell): string[] {
  const words: string[] = [];
  const vcpus = sum(cores.map((core) => core.vcpus));
  const threads = sum(cores.map((core) => core.threads));
  if (cores.length > 0) {
    const count = amountOf(cores.length, "core");
    const used = vcpus === threads ? `${vcpus}` : `${vcpus} of ${threads}`;
    const all = threads === cores.length ? count : `${count}/${used} threads`;
    words.push(`${all}${classWordsOf(cores)}`);
  }
  const floating = sum(pools.map((pool) => pool.vcpus));
  if (floating > 0) {
    const classes = [...new Set(pools.flatMap((pool) => pool.classes))].toSorted(unknownLast);
    const over = classes.length === 0 ? "" : ` over ${classes.map(className).join(" and ")}`;
    words.push(`${floating} floating ${plural(floating, "vCPU")}${over}`);
  }
  return words;
}

/** The classes of cores: " of class 0", or how many are of each; nothing where all are alike. */
function classWordsOf(cores: readonly SignatureCore[]): string {
  const byClass = Map.groupBy(cores, (core) => core.class);
  byClass.delete(null);
  const classes = [...byClass]
    .map(([of, own]) => ({ of: typeof of === "number" ? of : null, count: own.length }))
    .toSorted((a, b) => unknownLast(a.of, b.of));
  const [first, ...more] = classes;
  if (first === undefined) return "";
  if (more.length === 0) return ` of ${className(first.of)}`;
  return ` (${classes.map(({ of, count }) => `${count} of ${className(of)}`).join(", ")})`;
}

function memoryWords({ memory, pageBytes, memoryPolicy }: SignatureCell): string {
  const bytes = sum(memory.map((part) => part.bytes));
  const words = `${formatBytes(bytes)} in ${formatBytes(pageBytes)} pages`;
  if (memoryPolicy !== "interleave") return words;
  const nodes = new Set(memory.map(({ node }) => node)).size;
  return `${words} interleaved over ${amountOf(nodes, "node")}`;
}

function deviceName({ vendor }: SignatureDevice): string {
  const isGpu = vendor === "10de" || vendor === "1002";
  return isGpu ? "GPU" : "accelerator";
}

/** The NICs of a cell, with the interconnect class to the nearest accelerator of each. */
function nicWords(
  input: SignatureInput,
  accelerators: readonly number[],
  nics: readonly number[],
): string[] {
  if (nics.length === 0) return [];
  const count = amountOf(nics.length, "NIC");
  if (accelerators.length === 0) return [count];
  const nearest = nics.map((nic) => {
    const paths = accelerators.map((accelerator) => at(at(input.interconnects, nic), accelerator));
    return at(nearestFirst(paths), 0);
  });
  if (nearest.every((path) => path === "PIX")) {
    return [`${count} on ${nics.length === 1 ? "its switch" : "their switches"}`];
  }
  return [`${count} at ${classWords(nearest)}`];
}

/**
 * Memory, cores, floating vCPUs and devices on other nodes than the cell's own, but for interleaved
 * memory.
 */
function strayWords(
  { devices }: SignatureInput,
  { hostNode, memory, memoryPolicy, cores, pools }: SignatureCell,
  own: readonly number[],
): string[] {
  const words: string[] = [];
  const bytes = sum(memory.map((part) => part.bytes));
  const away = sum(memory.filter(({ node }) => node !== hostNode).map((part) => part.bytes));
  if (memoryPolicy !== "interleave" && away > 0) {
    words.push(`${Math.max(1, Math.round((100 * away) / bytes))} % of its memory elsewhere`);
  }
  const nodesOfDevices = own.map((i) => at(devices, i).node);
  return [
    ...words,
    ...whereWords(
      cores.map(({ node }) => node),
      hostNode,
      "core",
    ),
    ...poolWords(pools, hostNode),
    ...whereWords(nodesOfDevices, hostNode, "device"),
  ];
}

/** How many of some things are on other nodes than a cell's, and how many on unknown ones. */
function whereWords(nodes: readonly (number | null)[], hostNode: number, what: string): string[] {
  const elsewhere = nodes.filter((node) => node !== null && node !== hostNode).length;
  const unknown = nodes.filter((node) => node === null).length;
  return [
    ...(elsewhere > 0 ? [`${amountOf(elsewhere, what)} elsewhere`] : []),
    ...(unknown > 0 ? [`${amountOf(unknown, what)} on an unknown node`] : []),
  ];
}

/** vCPUs that float over other nodes than the cell's own, or over these too. */
function poolWords(pools: SignatureCell["pools"], hostNode: number): string[] {
  const vcpusOf = (wanted: (pool: SignaturePool) => boolean): number =>
    sum(pools.filter(wanted).map(({ vcpus }) => vcpus));
  const away = vcpusOf(({ nodes }) => nodes.length > 0 && !nodes.includes(hostNode));
  const across = vcpusOf(({ nodes }) => nodes.length > 1 && nodes.includes(hostNode));
  const unknown = vcpusOf(({ nodes }) => nodes.length === 0);
  return [
    ...(away > 0 ? [`${amountOf(away, "vCPU")} elsewhere`] : []),
    ...(across > 0 ? [`${amountOf(across, "vCPU")} partly elsewhere`] : []),
    ...(unknown > 0 ? [`${amountOf(unknown, "vCPU")} on an unknown node`] : []),
  ];
}

function distanceWords({ cells, distances }: SignatureInput): string | null {
  const found = cells.flatMap((a, i) =>
    cells.filter((_, j) => i !== j).map((b) => at(at(distances, a.hostNode), b.hostNode).slit),
  );
  if (found.length === 0) return null;
  const known = found.filter((slit) => slit !== null);
  if (known.length < found.length) return "at unknown distances";
  const [least, most] = [Math.min(...known), Math.max(...known)];
  return `${least === most ? least : `${least} to ${most}`} apart`;
}

function peerWords({ devices, interconnects }: SignatureInput): string | null {
  const accelerators = devices.flatMap(({ kind }, i) => (kind === "accelerator" ? [i] : []));
  const paths = accelerators.flatMap((a) =>
    accelerators.filter((b) => a !== b).map((b) => at(at(interconnects, a), b)),
  );
  if (paths.length === 0) return null;
  const names = new Set(accelerators.map((i) => deviceName(at(devices, i))));
  return `${names.size === 1 ? [...names].join("") : "accelerator"}s ${classWords(paths)}`;
}

function classWords(paths: readonly (Interconnect | null)[]): string {
  const distinct = [...new Set(nearestFirst(paths))];
  return distinct.map((path) => path ?? "an unknown distance").join("/");
}

/** Known paths by their cost, then their name; unknown ones last. */
function nearestFirst(paths: readonly (Interconnect | null)[]): (Interconnect | null)[] {
  return paths.toSorted((a, b) => {
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    const difference = interconnectCost(a).relative - interconnectCost(b).relative;
    return difference !== 0 ? difference : a < b ? -1 : a > b ? 1 : 0;
  });
}

/** The distinct texts with how often each occurs: the most frequent first, then by text. */
function withCounts(texts: readonly string[]): (readonly [string, number])[] {
  const counts = [...Map.groupBy(texts, (text) => text)].map(
    ([text, same]) => [text, same.length] as const,
  );
  return counts.toSorted(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
}
