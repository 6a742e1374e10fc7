import type { Topology } from "@evenkeel/core/topology/topology.ts";
import type { Note } from "../text/note.ts";

/**
 * A tool that knows what the kernel does not: links between GPUs, their module numbers, their
 * memory. Its output is kept as a file of the machine's tree, so a recording has it too.
 */
export interface Tool {
  /** The file's name in `toolFolder`. */
  readonly file: string;
  readonly program: string;
  readonly args: readonly string[];
  /** Loads the reader, only when there is an output to read. */
  readonly reader: () => Promise<(text: string, where: string, note: Note) => Topology>;
}

/** What a query has and a topology does not is no news about this machine: no note says so. */
async function queryReader(): Promise<(text: string, where: string) => Topology> {
  const { readNvidiaSmiQuery } = await import("../nvidia-smi/read-query-xml.ts");
  return (text, where) => readNvidiaSmiQuery(text, where);
}

/** The tree's folder for the tools' outputs; no kernel has a folder of this name. */
export const toolFolder = "/evenkeel";

export const tools: readonly Tool[] = [
  {
    file: "nvidia-smi-topo.txt",
    program: "nvidia-smi",
    args: ["topo", "-m"],
    reader: async () => (await import("../nvidia-smi/read-topo-matrix.ts")).readNvidiaSmiTopo,
  },
  {
    file: "nvidia-smi-query.xml",
    program: "nvidia-smi",
    args: ["-q", "-x"],
    reader: queryReader,
  },
  {
    file: "rocm-smi-topo.txt",
    program: "rocm-smi",
    args: ["--showtopo"],
    reader: async () => (await import("../rocm-smi/read-rocm-smi.ts")).readRocmSmi,
  },
];
