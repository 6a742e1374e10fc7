import type { Topology } from "@evenkeel/core/topology/topology.ts";

/**
 * What a machine's own tools know that its kernel does not say: links between GPUs, their module
 * numbers, their memory. A tool's text is kept as a file of the machine's tree, so that a recording has it too.
 */
export interface Tool {
  /** The file's name in `toolFolder`. */
  readonly file: string;
  readonly program: string;
  readonly args: readonly string[];
  /** Loaded when there is something to read. */
  readonly reader: () => Promise<(text: string, where: string) => Topology>;
}

/** Where a tree has the texts of tools; no kernel has a folder of that name. */
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
    reader: async () => (await import("../nvidia-smi/read-query-xml.ts")).readNvidiaSmiQuery,
  },
  {
    file: "rocm-smi-topo.txt",
    program: "rocm-smi",
    args: ["--showtopo"],
    reader: async () => (await import("../rocm-smi/read-rocm-smi.ts")).readRocmSmi,
  },
];
