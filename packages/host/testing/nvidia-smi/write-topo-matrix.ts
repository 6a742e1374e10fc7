import { parseList } from "@evenkeel/core/set/list-format.ts";
import { indices } from "@evenkeel/core/set/index-set.ts";
import { interconnects } from "@evenkeel/core/topology/interconnect.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";

/**
 * The layouts of `nvidia-smi topo -m` by driver version, and after copying:
 *
 * - `numa-id`: since 535, NICs as `NICn` with a legend, three columns after the devices, underlined
 * - `nic-legend`: 510 to 530, the same without the last column
 * - `numa`: 450 to 495, NICs by their names
 * - `soc`: before 384, SOC in place of SYS, no NUMA column, CPU lists one by one
 * - `narrow`: `numa-id` with runs of blanks in place of tabs, as documents have it
 * - `wrapped`: `nic-legend` with line breaks after every few words, as e-mail has it
 * - `quoted`: `numa-id` as a quotation with a prompt, CRLF line ends and a code fence
 * - `headless`: `numa` without its header
 */
export const topoGenerations = [
  "numa-id",
  "nic-legend",
  "numa",
  "soc",
  "narrow",
  "wrapped",
  "quoted",
  "headless",
] as const;
export type TopoGeneration = (typeof topoGenerations)[number];

/**
 * The output of `nvidia-smi topo -m` for a machine. An unknown class is printed as SYS, as NVML
 * does without a common ancestor; an unknown node as N/A.
 */
export function nvidiaSmiTopoText(topology: Topology, generation: TopoGeneration): string {
  switch (generation) {
    case "numa-id":
    case "nic-legend":
    case "numa":
    case "soc":
      return matrix(topology, generation).join("\n");
    case "narrow":
      return matrix(topology, "numa-id").map(withBlanks).join("\n");
    case "wrapped":
      return matrix(topology, "nic-legend").map(wrapped).join("\n");
    case "quoted":
      return ["$ nvidia-smi topo -m", "```", ...matrix(topology, "numa-id"), "```", "Why?"]
        .map((line) => `> ${line}`)
        .join("\r\n");
    case "headless":
      return matrix(topology, "numa").slice(1).join("\n");
  }
}

const underlined = (line: string): string => `\u001b[4m${line}\u001b[0m`;

function matrix(
  topology: Topology,
  generation: "numa-id" | "nic-legend" | "numa" | "soc",
): string[] {
  const ofLegend = generation === "numa-id" || generation === "nic-legend";
  const gpus = topology.accelerators.map(({ address }, i) => ({ address, label: `GPU${i}` }));
  const nics = topology.nics.map(({ address, name }, i) => ({
    address,
    label: ofLegend ? `NIC${i}` : (name ?? `nic${i}`),
  }));
  const devices = [...gpus, ...nics];
  const captions = {
    "numa-id": ["CPU Affinity", "NUMA Affinity", "GPU NUMA ID"],
    "nic-legend": ["CPU Affinity", "NUMA Affinity"],
    numa: ["CPU Affinity", "NUMA Affinity"],
    soc: ["CPU Affinity"],
  }[generation];
  const header = underlined([...devices.map(({ label }) => label), ...captions].join("\t"));
  const classOf = interconnects(topology);
  const rows = devices.map(({ address, label }, i) => {
    const cells = devices.map((other, j) => {
      if (i === j) return " X ";
      const found = classOf(address, other.address) ?? "SYS";
      return generation === "soc" && found === "SYS" ? "SOC" : found;
    });
    const fields = i < gpus.length ? affinities(topology, address, generation) : [""];
    return [label, ...cells, ...fields].join("\t");
  });
  const legend = topology.nics.map(({ name }, i) => `  NIC${i}: ${name ?? ""}`);
  const nicLegend = ofLegend && nics.length > 0 ? ["", "NIC Legend:", "", ...legend] : [];
  return [`\t${header}`, ...rows, "", "Legend:", "", ...classLegend, ...nicLegend, ""];
}

function affinities(topology: Topology, address: string, generation: string): string[] {
  const id = topology.pci.find((device) => device.address === address)?.node ?? null;
  const node = topology.nodes.find((candidate) => candidate.id === id);
  const listed = node?.cpus ?? "";
  const cpus = listed === "" ? "N/A" : listed;
  if (generation === "soc") return [oneByOne(cpus)];
  return [cpus, `${id ?? "N/A"}`, ...(generation === "numa-id" ? ["", "N/A"] : [])];
}

/** POWER machines with old drivers: `0-0,8-8,16-16`. */
function oneByOne(cpus: string): string {
  const set = parseList(cpus);
  return set === null
    ? cpus
    : indices(set)
        .map((cpu) => `${cpu}-${cpu}`)
        .join(",");
}

function withBlanks(line: string): string {
  return line.replace(/\t+/g, (tabs) => " ".repeat(2 * tabs.length)).trimEnd();
}

/** Breaks before every sixth column of the rows and the header, never within a word. */
function wrapped(line: string): string {
  if (!line.includes("\t")) return line;
  return line
    .split("\t")
    .map((word, i) => (i > 0 && i % 6 === 0 ? `\n  ${word}` : `${i === 0 ? "" : " "}${word}`))
    .join("");
}

const classLegend = [
  "  X    = Self",
  "  SYS  = Connection traversing PCIe as well as the SMP interconnect between NUMA nodes (e.g., QPI/UPI)",
  "  NODE = Connection traversing PCIe as well as the interconnect between PCIe Host Bridges within a NUMA node",
  "  PHB  = Connection traversing PCIe as well as a PCIe Host Bridge (typically the CPU)",
  "  PXB  = Connection traversing multiple PCIe bridges (without traversing the PCIe Host Bridge)",
  "  PIX  = Connection traversing at most a single PCIe bridge",
  "  NV#  = Connection traversing a bonded set of # NVLinks",
];
