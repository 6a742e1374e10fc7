import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { type GpuFacts, gpuTopology } from "./gpu-facts.ts";
import { gpusInList, gpusInText } from "./query-text.ts";
import { gpusInXml } from "./query-xml.ts";
import { readNvidiaSmiTopo } from "./read-topo-matrix.ts";
import { plainLines } from "./terminal-text.ts";
import { topoTables } from "./topo-tables.ts";

/**
 * Reads the machine from the output of `nvidia-smi -q -x`, `nvidia-smi -q` or `nvidia-smi -L`: its
 * GPUs with addresses and links; `-L` gives only models and UUIDs. None of the three contains
 * connections between GPUs or their nodes. A list beside the matrix of `topo -m` is read together
 * with it by `readNvidiaSmiTopo`. Serial numbers are not kept.
 *
 * Errors: those of `readXml`; `xml-unexpected` for another XML document; `text-unexpected` where a
 * text is none of the three, or lists no GPU; `topology-inconsistent`; `file-too-large`.
 */
export function readNvidiaSmiQuery(text: string, where: string): Topology {
  if (text.includes("<nvidia_smi_log") || /^[\s\ufeff]*</.test(text)) {
    return topologyOf(gpusInXml(text, where), where);
  }
  const lines = plainLines(text, where);
  const detailed = gpusInText(lines);
  if (detailed.length > 0) return topologyOf(detailed, where);
  // Tickets contain both; the matrix is completed from the list.
  if (topoTables(lines).tables.length > 0) return readNvidiaSmiTopo(text, where);
  return topologyOf([...gpusInList(lines).values()], where);
}

function topologyOf(gpus: readonly GpuFacts[], where: string): Topology {
  if (gpus.length > 0) return gpuTopology(gpus, where);
  throw new EvenkeelError("text-unexpected", "lists no GPU", {
    where,
    expected: "the output of nvidia-smi -q -x, nvidia-smi -q or nvidia-smi -L",
  });
}
