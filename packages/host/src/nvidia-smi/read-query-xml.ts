import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { ignore, type Note, noteLeftovers } from "../text/note.ts";
import { type GpuFacts, type GpuLink, gpuTopology, nothingKnown } from "./gpu-facts.ts";
import { knownGpus } from "./known-gpus.ts";
import { nvlinkPairs, peerAccess, type PeerMatrix, peerMatrices } from "./peer-matrices.ts";
import { gpusInText, type QueryText } from "./query-text.ts";
import { gpusInXml } from "./query-xml.ts";
import { readNvidiaSmiTopo } from "./read-topo-matrix.ts";
import { plainLines } from "./terminal-text.ts";
import { topoTables } from "./topo-tables.ts";

/**
 * Reads the machine from what `nvidia-smi` prints about GPUs: `-q -x`, `-q`, `-L`, `--query-gpu=…
 * --format=csv`, the table without arguments, and `topo -p2p`. They give addresses, links, models,
 * memory and parts, each what it has; of the connections between GPUs only NVLink, by `topo -p2p
 * n`. Beside a matrix of `topo -m` they are read together with it by `readNvidiaSmiTopo`. Serial
 * numbers are not kept. `note` says what the text lacks, and what else it has.
 *
 * Errors: those of `readXml`; `xml-unexpected` for another XML document; `text-unexpected` where a
 * text is none of these, or lists no GPU; `topology-inconsistent`; `file-too-large`.
 */
export function readNvidiaSmiQuery(text: string, where: string, note: Note = ignore): Topology {
  if (text.includes("<nvidia_smi_log") || /^[\s\ufeff]*</.test(text)) {
    return topologyOf(gpusInXml(text, where), [], where, note);
  }
  const lines = plainLines(text, where);
  const detailed = gpusInText(lines);
  if (detailed.gpus.length > 0) return topologyOf(detailed, [], where, note);
  // Tickets contain both; the matrix is completed from the list.
  if (topoTables(lines).tables.length > 0) return readNvidiaSmiTopo(text, where, note);
  return topologyOf(knownGpus(lines), peerMatrices(lines), where, note);
}

function topologyOf(
  { gpus, missing, unused }: QueryText,
  matrices: readonly PeerMatrix[],
  where: string,
  note: Note,
): Topology {
  const all = withPeers(gpus, matrices);
  if (all.length === 0) {
    throw new EvenkeelError("text-unexpected", "lists no GPU", {
      where,
      expected: "the output of nvidia-smi, nvidia-smi -q -x, -q, -L, topo -m or topo -p2p",
    });
  }
  const topology = gpuTopology(all, linksOf(all, matrices), where);
  noteLeftovers(note, "nvidia-smi", where, {
    missing,
    unused: [...unused, ...peerAccess(matrices)],
  });
  return topology;
}

/** The GPUs, and those that only the matrices of `topo -p2p` have. */
function withPeers(
  gpus: readonly GpuFacts[],
  matrices: readonly PeerMatrix[],
): readonly GpuFacts[] {
  const known = new Set(gpus.map(({ index }) => index));
  const more = new Set(
    matrices.flatMap((matrix) => matrix.gpus).filter((index) => !known.has(index)),
  );
  return [...gpus, ...[...more].map((index) => ({ ...nothingKnown, index }))];
}

function linksOf(gpus: readonly GpuFacts[], matrices: readonly PeerMatrix[]): GpuLink[] {
  const positions = new Map(gpus.map(({ index }, i) => [index, i]));
  return nvlinkPairs(matrices).flatMap(([one, other]) => {
    const [a, b] = [positions.get(one), positions.get(other)];
    return a === undefined || b === undefined ? [] : [{ a, b }];
  });
}
