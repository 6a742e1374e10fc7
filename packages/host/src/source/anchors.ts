/** The text source that reads each kind of output. */
export const sources = {
  document: "document",
  kubernetes: "kubernetes",
  matrix: "nvidia-smi",
  query: "nvidia-smi",
  list: "nvidia-smi",
  rocm: "rocm-smi",
  gaudi: "hl-smi",
  xpu: "xpu-smi",
  numactl: "numactl",
  lscpu: "lscpu",
  lstopo: "hwloc",
  cpuTable: "lscpu",
  cpuList: "lscpu",
  lspci: "lspci",
  tree: "lspci",
  ncclLog: "nccl",
} as const;

/** A kind of output: a tool, and the form in which it prints. */
export type Kind = keyof typeof sources;

type Anchor = readonly [Kind, RegExp];

const anchors: readonly Anchor[] = [
  ["document", /^apiVersion:[ \t]{0,20}["']?evenkeel\//],
  [
    "kubernetes",
    /^[ \t-]{0,20}apiVersion:[ \t]{0,20}["']?(topology\.node\.k8s\.io|resource\.k8s\.io|nfd\.k8s-sigs\.io)\//,
  ],
  ["kubernetes", /^kind:[ \t]{0,20}["']?Node["']?$/],
  // A row of the matrix, also of a Markdown table; the terminal may underline the header before it.
  ["matrix", /^[ \t|*`]{0,40}GPU\d{1,4}[ \t|*`][^\n]{0,2000}\bX\b/],
  ["query", /^[ \t]{0,40}=+NVSMI LOG=+/],
  ["query", /^[ \t]{0,40}GPU [0-9A-F]{4,8}:[0-9A-F]{2}:[0-9A-F]{2}\.[0-7]$/],
  ["numactl", /^[ \t]{0,40}available: \d{1,5} nodes? \(/],
  ["numactl", /^[ \t]{0,40}node \d{1,5} (cpus:( \d|$)|(size|free): \d{1,9} MB$)/],
  // Any of its lines, because people cut the first ones off. `virsh nodeinfo` has some like them.
  [
    "lscpu",
    /^[ \t]{0,40}(?:CPU op-mode\(s\)|Byte Order|On-line CPU\(s\) list|NUMA node(?:\(s\)|\d{1,5} CPU\(s\))|L[123][di]? cache|Vulnerability [A-Z][\w ]{1,40}):/,
  ],
  ["cpuList", /^[ \t]{0,40}# The following is the parsable format/],
  ["lscpu", /^Architecture:[ \t]/],
  [
    "lscpu",
    /^[ \t]{0,40}Architecture:[ \t]{1,40}(x86_64|i[3-6]86|aarch64|arm\w{2,6}|ppc(64)?(le)?|s390x?|riscv\d{2}|loongarch64|ia64|mips\w{0,6}|sparc64|alpha)$/,
  ],
  ["cpuTable", /^[ \t]{0,40}CPU(,|[ \t]{1,20})(NODE|SOCKET|CORE|Node|Socket|Core)\b/],
  [
    "lspci",
    /^[ \t]{0,16}([0-9a-f]{4,8}:)?[0-9a-f]{2}:[01][0-9a-f]\.[0-7](\/[0-9a-f:.]{4,7}){0,256} ("|\w[^\n]{0,100}: )/,
  ],
  [
    "lspci",
    /^[ \t]{0,16}(Slot|Device):[ \t]{1,40}([0-9a-f]{4,8}:)?[0-9a-f]{2}:[01][0-9a-f]\.[0-7]$/,
  ],
  [
    "lstopo",
    /^[ \t]{0,80}(Machine( [LP]#0)? \((P#\d+ )?(total=)?\d+[KMGT]B|(Package|Socket|NUMANode|Die|Core|PU|L3\w{0,5}) [LP]#\d{1,5}\b)/,
  ],
  // Any line of NCCL, because what names its networks stands far above the topology.
  ["ncclLog", /NCCL INFO /],
  ["ncclLog", /^=== System : max/],
  ["ncclLog", /^#? {1,8}Rank {1,8}\d{1,7} [^\n]{0,80}\bdevice {1,8}\d{1,4} \[/],
  ["tree", /^[ \t]{0,16}-(\+-)?\[[0-9a-f]{4,8}:[0-9a-f]{2}(-[0-9a-f]{2})?\]-/],
];

/** Those of the tools of accelerators' vendors; the first one counts. */
const vendorAnchors: readonly Anchor[] = [
  ["gaudi", /^[ \t|]{0,16}HL-SMI Version:|^[ \t]{0,16}=+ HL-SMI LOG =+/],
  ["gaudi", /^[ \t|]{0,16}\d{1,3} {1,8}HL-\w{1,16} {1,40}\S{1,8} {0,8}\|/],
  ["gaudi", /^[ \t]{0,16}\[\d{1,3}\] AIP /],
  ["gaudi", /^[ \t]{0,16}modID[ \t]{1,32}(CPU|NUMA) Affinity/],
  [
    "gaudi",
    /^(?=[^\n]{0,400}(?:^|, )(?:bus_id|module_id|temperature\.aip)(?:,|$))[a-z][\w., [\]]{1,400}$/,
  ],
  ["xpu", /^[ \t|]{0,32}GPU \d{1,3}\/\d{1,2}[ \t|]/],
  ["xpu", /^[ \t]{0,16}\| Device ID \| Device Information/],
  [
    "xpu",
    /^[ \t]{0,16}\|[ \t]{1,4}\d{1,3}[ \t]{1,12}\| (Device Name|Device Type|Local CPU List): /,
  ],
  ["list", /^[ \t]{0,40}GPU \d{1,4}: [^\n]{1,200}\(UUID: /],
  // Reports of frameworks have no UUIDs, and one line for equal GPUs.
  [
    "list",
    /^[ \t]{0,40}GPU \d{1,3}(,\d{1,3}){0,63}: (NVIDIA|Tesla|Quadro|GeForce) [\w .+-]{1,100}$/,
  ],
  ["list", /^[ \t|]{0,40}NVIDIA-SMI \d{3}\.[^\n]{1,80}Driver Version: /],
  [
    "list",
    /^[ \t|]{0,40}\d{1,3} {1,8}\S[^\n|]{0,80} (?:On|Off|N\/A|WDDM|TCC|MCDM) {0,8}\| {0,12}[0-9A-F]{4,8}:[0-9A-F]{2}:[0-9A-F]{2}\.[0-7]/,
  ],
  ["list", /\bnvidia-smi [^\n]{0,200}--query-gpu[= ]/],
  [
    "list",
    /^[ \t]{0,40}[^\n,]{1,120},[^\n]{0,400}\b[0-9A-F]{8}:[0-9A-F]{2}:[0-9A-F]{2}\.[0-7](?:,|$)/,
  ],
  ["list", /^[ \t]{0,40}(?:[^\n,]{1,120}, ){1,40}GPU-[0-9a-fA-FxX]{8}-[0-9a-fA-FxX-]{27}(?:,|$)/],
  [
    "list",
    /^(?=[^\n]{0,2000}\b(?:pci\.bus_id|gpu_bus_id|gpu_uuid|uuid|gpu_name|memory\.total \[MiB\])(?:,|$))[a-z][\w.]{1,60}(?: \[[\w%]{1,8}\])?(?:, [a-z][\w.]{1,60}(?: \[[\w%]{1,8}\])?){1,80}$/,
  ],
  ["rocm", /ROCm System Management Interface/],
  ["rocm", /^[ \t]{0,16}\| AMD-SMI [^\n]{1,80}amdgpu version: /],
  ["rocm", /^[ \t]{0,16}\| [0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7] {1,40}\S[^|\n]{0,60}\|/],
  ["rocm", /^[ \t]{0,16}GPU: \d{1,4}$/],
  ["rocm", /^[ \t]{0,16}GPU ?\[\d{1,4}\][ \t]{0,16}: /],
  ["rocm", /^(device,[^\n]{0,400}(Card|VRAM|PCI Bus)|gpu,bdf,)/],
  ["rocm", /^[ \t]{0,40}(ACCESS|WEIGHT|HOPS|LINK TYPE|NUMA BW) TABLE:/],
  ["rocm", /^[ \t]{0,40}=+ (Weight|Hops|Link Type) between two GPUs =+/],
];

/** Every anchor contains one of these words; testing for them is faster than for all patterns. */
const hint =
  /GPU|NCCL|Rank|System|apiVersion|kind|NVSMI|available|node \d|[LP]#\d|Machine|parsable|Architecture|CPU|NUMA|cache|Order|Vuln|:[01][0-9a-f]\.|\[/;
const vendorHint =
  /\||SMI|ROCm|TABLE|AIP|modID|GPU|query-gpu|device,|gpu,|uuid|bus_id|module_id|aip|memory\.total|gpu_name|[0-9A-F]{8}:/;

/** The tool that alone prints such a line; null for any other line. */
export function kindOf(line: string): Kind | null {
  const found = hint.test(line) ? anchors.find(([, pattern]) => pattern.test(line)) : undefined;
  if (found !== undefined || !vendorHint.test(line)) return found?.[0] ?? null;
  return vendorAnchors.find(([, pattern]) => pattern.test(line))?.[0] ?? null;
}
