import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { type GpuFacts, gpuTopology } from "./gpu-facts.ts";
import { gpusInList, gpusInText } from "./query-text.ts";
import { gpusInXml } from "./query-xml.ts";
import { plainLines } from "./terminal-text.ts";

/**
 * The machine in what `nvidia-smi -q -x`, `nvidia-smi -q` or `nvidia-smi -L` printed: which GPUs it
 * has, where, and at what link; the last tells models and UUIDs alone. How GPUs reach each other, and
 * which node they hang from, none of the three says. Serial numbers are not kept.
 *
 * Errors: those of `readXml`; `xml-unexpected` where XML is of something else; `text-unexpected`
 * where a text is none of the three, or lists no GPU; `topology-inconsistent`; `file-too-large`.
 */
export function readNvidiaSmiQuery(text: string, where: string): Topology {
  const gpus = gpusIn(text, where);
  if (gpus.length === 0) {
    throw new EvenkeelError("text-unexpected", "tells of no GPU", {
      where,
      expected: "what nvidia-smi -q -x, nvidia-smi -q or nvidia-smi -L prints",
    });
  }
  return gpuTopology(gpus, where);
}

function gpusIn(text: string, where: string): GpuFacts[] {
  if (text.includes("<nvidia_smi_log") || /^[\s\ufeff]*</.test(text)) return gpusInXml(text, where);
  const lines = plainLines(text, where);
  const detailed = gpusInText(lines);
  return detailed.length > 0 ? detailed : [...gpusInList(lines).values()];
}
