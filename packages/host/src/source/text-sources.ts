import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { MiB } from "@evenkeel/core/unit/bytes.ts";
import type { Note } from "../text/note.ts";
import { textLimits } from "../text/read-lines.ts";

/** A kind of output that one reader reads. */
interface TextSource {
  /** A description of its files, for messages. */
  readonly is: string;
  readonly maxBytes: number;
  /**
   * Loads the reader on use, so that a command loads only what it needs, and reads the text. `note`
   * gets what the text lacks, and what a topology has no place for.
   */
  readonly read: (text: string, where: string, note: Note) => Promise<Topology>;
}

/** The XML reader has the same limit. */
const { bytes: textBytes } = textLimits;

/** By the word before the colon: `numactl:FILE`. */
export const textSources: ReadonlyMap<string, TextSource> = new Map<string, TextSource>([
  [
    "hwloc",
    {
      is: "an XML export of hwloc (lstopo FILE.xml), or the text that lstopo prints",
      maxBytes: textBytes,
      read: async (text, where, note) =>
        !/^\s{0,1000}</.test(text) && / [LP]#\d/.test(text)
          ? (await import("../lstopo/read-lstopo.ts")).readLstopo(text, where, note)
          : (await import("../hwloc/read-hwloc.ts")).readHwloc(text, where),
    },
  ],
  [
    "libvirt",
    {
      is: "XML of libvirt (virsh capabilities or nodedev-dumpxml)",
      maxBytes: textBytes,
      read: readLibvirt,
    },
  ],
  [
    "nccl",
    {
      is: "a topology file of NCCL or RCCL (NCCL_TOPO_DUMP_FILE), or a log (NCCL_DEBUG=INFO)",
      maxBytes: textBytes,
      read: readNcclText,
    },
  ],
  [
    "nvidia-smi",
    {
      is: "the output of nvidia-smi, or of it with topo, -q, -L or --query-gpu",
      maxBytes: textBytes,
      read: readNvidiaSmi,
    },
  ],
  [
    "rocm-smi",
    {
      is: "the output of rocm-smi or amd-smi",
      maxBytes: textBytes,
      read: async (text, where, note) =>
        (await import("../rocm-smi/read-rocm-smi.ts")).readRocmSmi(text, where, note),
    },
  ],
  [
    "hl-smi",
    {
      is: "the output of hl-smi, or of it with -L, -Q or topo",
      maxBytes: textBytes,
      read: async (text, where, note) =>
        (await import("../hl-smi/read-hl-smi.ts")).readHlSmi(text, where, note),
    },
  ],
  [
    "xpu-smi",
    {
      is: "the output of xpu-smi discovery or xpu-smi topology -m",
      maxBytes: textBytes,
      read: async (text, where, note) =>
        (await import("../xpu-smi/read-xpu-smi.ts")).readXpuSmi(text, where, note),
    },
  ],
  [
    "numactl",
    {
      is: "the output of numactl --hardware",
      maxBytes: textBytes,
      read: async (text, where, note) =>
        (await import("../numactl/read-numactl.ts")).readNumactl(text, where, note),
    },
  ],
  [
    "lscpu",
    {
      is: "the output of lscpu, lscpu -p, -e or -J",
      maxBytes: textBytes,
      read: async (text, where, note) =>
        (await import("../lscpu/read-lscpu.ts")).readLscpu(text, where, note),
    },
  ],
  [
    "lspci",
    {
      is: "the output of lspci, such as lspci -Dvvvnn or lspci -tv",
      maxBytes: textBytes,
      read: async (text, where, note) =>
        (await import("../lspci/read-lspci.ts")).readLspci(text, where, note),
    },
  ],
  [
    "kubernetes",
    {
      is: "a NodeResourceTopology, ResourceSlices, a Node or a NodeFeature, as kubectl get -o yaml or -o json prints them",
      maxBytes: 16 * MiB,
      read: async (text, where, note) =>
        (await import("../kubernetes/read-node-resources.ts")).readKubernetes(text, where, note),
    },
  ],
]);

/**
 * libvirt describes a machine in two kinds of documents: one for CPUs and memory, one for each
 * device.
 */
async function readLibvirt(text: string, where: string, note: Note): Promise<Topology> {
  if (/<capabilities[\s>]/.test(text)) {
    const { readLibvirtCapabilities } = await import("../libvirt/read-capabilities.ts");
    return readLibvirtCapabilities(text, where, note);
  }
  const { readLibvirtNodeDevices } = await import("../libvirt/read-node-devices.ts");
  return readLibvirtNodeDevices(text, where, note);
}

/** Chooses the reader of topology files, which are XML, or that of logs. */
async function readNcclText(text: string, where: string, note: Note): Promise<Topology> {
  if (!/^\s{0,1000}</.test(text) && /NCCL INFO |=== System : max/.test(text)) {
    return (await import("../nccl/read-nccl-log.ts")).readNcclLog(text, where, note);
  }
  return (await import("../nccl/read-nccl.ts")).readNccl(text, where, note);
}

/** A row of `topo -p2p`, which the reader of queries tells from a matrix of `topo -m`. */
const peerStatus = /^[ \t|*`]{0,40}GPU\d{1,4}[ \t|*`][^\n]{0,2000}\b(?:OK|CNS|GNS|TNS|NS)\b/m;

/** Chooses the reader of `topo -m` matrices, or the reader of queries and lists. */
async function readNvidiaSmi(text: string, where: string, note: Note): Promise<Topology> {
  const isQuery = /<nvidia_smi_log|=NVSMI LOG=|^[ \t]{0,40}</.test(text.slice(0, 65_536));
  const hasMatrix = !isQuery && /^[ \t|*`]{0,40}GPU\d{1,4}[ \t|*`][^\n]{0,2000}\bX\b/m.test(text);
  if (!hasMatrix || peerStatus.test(text)) {
    return (await import("../nvidia-smi/read-query-xml.ts")).readNvidiaSmiQuery(text, where, note);
  }
  return (await import("../nvidia-smi/read-topo-matrix.ts")).readNvidiaSmiTopo(text, where, note);
}
