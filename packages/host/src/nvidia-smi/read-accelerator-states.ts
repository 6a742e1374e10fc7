import type { AcceleratorState } from "@evenkeel/core/evidence/machine-evidence.ts";
import { attribute, childrenNamed, textOf, type XmlElement } from "@evenkeel/core/xml/element.ts";
import { type GpuFields, stateOf } from "./accelerator-fields.ts";
import { peerMatrices } from "./peer-matrices.ts";
import { fieldsInText } from "./query-text.ts";
import { attachedGpus, readLog, valueAt } from "./query-xml.ts";
import { nvlinksInText } from "./nvlink-text.ts";
import { plainLines } from "./terminal-text.ts";

/** What `nvidia-smi` printed; null where it was not asked. */
export interface NvidiaSmiTexts {
  /** Of `-q -x`, or of `-q`. */
  readonly query: string;
  /** Of `nvlink -s`. */
  readonly nvlink: string | null;
  /** Of `topo -p2p r`. */
  readonly peers: string | null;
}

/**
 * Reads how accelerators are set and what holds them down, by what `nvidia-smi` prints. Serial
 * numbers, processes and users are never read. Empty where the query lists no GPU.
 *
 * Errors: those of `readXml`; `xml-unexpected` for another document; `file-too-large`.
 */
export function readAcceleratorStates(texts: NvidiaSmiTexts, where: string): AcceleratorState[] {
  const states = isXml(texts.query) ? inXml(texts.query, where) : inText(texts.query, where);
  return withPeers(withLinks(states, texts.nvlink, where), texts.peers, where);
}

function isXml(text: string): boolean {
  return text.includes("<nvidia_smi_log") || /^[\s\ufeff]*</.test(text);
}

function inXml(text: string, where: string): AcceleratorState[] {
  const log = readLog(text, where);
  const gpus = childrenNamed(log, "gpu");
  const driver = valueAt(log, ["driver_version"]);
  const isWhole = areAll(attachedGpus(log), gpus.length);
  return gpus.map((gpu, i) => {
    const fields = new Map<string, string>();
    flatten(gpu, "", fields);
    const address = fields.get("pci/pci_bus_id") ?? attribute(gpu, "id");
    return stateOf({ address, fields }, isWhole ? i : null, driver);
  });
}

/** The tool lists GPUs in the order of their numbers; with some left out, nobody knows which. */
function areAll(attached: number | null, listed: number): boolean {
  return attached === null || attached === listed;
}

/** The texts of a GPU's elements by their paths; of those that occur twice the first counts. */
function flatten(from: XmlElement, path: string, into: Map<string, string>): void {
  for (const node of from.children) {
    if (typeof node === "string") continue;
    const at = path === "" ? node.name : `${path}/${node.name}`;
    const hasElements = node.children.some((child) => typeof child !== "string");
    if (hasElements) flatten(node, at, into);
    else if (!into.has(at)) into.set(at, textOf(node).trim());
  }
}

function inText(text: string, where: string): AcceleratorState[] {
  const { attached, driverVersion, gpus } = fieldsInText(plainLines(text, where));
  const isWhole = areAll(attached, gpus.size);
  return [...gpus].map(([address, { fields }], i) => {
    const paths: GpuFields["fields"] = new Map(
      [...fields].map(([path, value]) => [path.slice(1), value]),
    );
    return stateOf({ address, fields: paths }, isWhole ? i : null, driverVersion);
  });
}

/** The links of each GPU, by its number. */
function withLinks(
  states: readonly AcceleratorState[],
  text: string | null,
  where: string,
): AcceleratorState[] {
  if (text === null) return [...states];
  const links = nvlinksInText(plainLines(text, where));
  return states.map((state) => {
    if (state.index === null) return state;
    return { ...state, nvlinks: links.get(state.index) ?? null };
  });
}

/** The statuses of each GPU's copies to the others, by their numbers. */
function withPeers(
  states: readonly AcceleratorState[],
  text: string | null,
  where: string,
): AcceleratorState[] {
  const [matrix] = text === null ? [] : peerMatrices(plainLines(text, where));
  if (matrix === undefined) return [...states];
  const addresses = new Map(states.map(({ index, address }) => [index, address]));
  return states.map((state) => {
    if (state.index === null || !matrix.gpus.includes(state.index)) return state;
    const own = matrix.statuses.filter(([row]) => row === state.index);
    const peers = own.flatMap(([, column, status]) => {
      const address = addresses.get(column) ?? null;
      return address === null ? [] : [{ address, status }];
    });
    return { ...state, peers };
  });
}
