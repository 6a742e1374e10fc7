import { textLimits } from "../text/read-lines.ts";

/** One output in a text, and the text source that reads it. */
export interface Reading {
  /** The name of a text source, or `document` for a possible Topology. */
  readonly source: string;
  readonly text: string;
}

/**
 * Splits a text into the outputs of tools, in their order. Nothing is guessed: without a recognized
 * line there are none. The text must have passed `plainText`, which removes quoting and prefixes.
 *
 * XML and JSON are recognized by their beginning. In any other text, some lines are printed by one
 * tool only ("anchors"). If all anchors belong to one tool, the whole text is its output. If they
 * belong to several, as in a ticket, each tool has the lines from its first anchor, with the lines
 * directly above it, to the next tool's. The others' lines become blank, so that every line keeps
 * its number. XML and JSON between them ("islands") end where they are closed.
 *
 * Patterns are anchored and bounded; the cost is linear in the lines.
 */
export function readingsIn(text: string): readonly Reading[] {
  // HTML around an output, as in issues, does not count as XML.
  const fromXml = /^\s{0,1000}</.test(text) ? xmlSource(text) : null;
  if (fromXml !== null && endsAsXml(text)) return readingOf(fromXml, text);
  if (/^\s{0,1000}\{/.test(text)) return readingOf(jsonSource(text), text);
  if (/^\s{0,1000}\[\s{0,1000}\{/.test(text))
    return readingOf(listSource(text) ?? "document", text);
  const lines = text.split("\n", textLimits.lines);
  const { owners, islands, indents } = ownersOf(lines);
  const kinds = new Set(owners.filter((kind) => kind !== null));
  // The reader of a matrix takes models and UUIDs from the list beside it.
  if (kinds.has("matrix")) kinds.delete("list");
  const [only] = kinds;
  if (only !== undefined && kinds.size === 1 && islands.length === 0) {
    const own = indents.has(only) ? lines.map(outdented(indents.get(only))).join("\n") : text;
    return [{ source: sources[only], text: own }];
  }
  const found = [...kinds].map((kind) => {
    const isOwn = (owner: Kind | null): boolean =>
      owner === kind || (kind === "matrix" && owner === "list");
    return {
      source: sources[kind],
      text: lines
        .map((line, i) => (isOwn(owners[i] ?? null) ? line : ""))
        .map(outdented(indents.get(kind)))
        .join("\n"),
      at: owners.indexOf(kind),
    };
  });
  return [...found, ...joinedDevices(islands)].toSorted((a, b) => a.at - b.at);
}

/**
 * Whether nothing but XML follows in a text that begins as XML; a document that was cut short
 * counts.
 */
function endsAsXml(text: string): boolean {
  const end = text.lastIndexOf(`</${firstElement(text.slice(0, startMax)) ?? ""}>`);
  const after = end < 0 ? "" : text.slice(text.indexOf(">", end) + 1, end + startMax);
  return /^\s*(?:<!--|$)/.test(after);
}

function readingOf(source: string | null, text: string): readonly Reading[] {
  return source === null ? [] : [{ source, text }];
}

const sources = {
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
  lspci: "lspci",
  tree: "lspci",
  ncclLog: "nccl",
} as const;

type Kind = keyof typeof sources;

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
  ["lscpu", /^[ \t]{0,40}# The following is the parsable format/],
  ["lscpu", /^Architecture:[ \t]/],
  [
    "lscpu",
    /^[ \t]{0,40}Architecture:[ \t]{1,40}(x86_64|i[3-6]86|aarch64|arm\w{2,6}|ppc(64)?(le)?|s390x?|riscv\d{2}|loongarch64|ia64|mips\w{0,6}|sparc64|alpha)$/,
  ],
  ["lscpu", /^[ \t]{0,40}CPU(,|[ \t]{1,20})(NODE|SOCKET|CORE|Node|Socket|Core)\b/],
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
  /GPU|NCCL|Rank|System|apiVersion|kind|NVSMI|available|node \d|[LP]#\d|Machine|parsable|Architecture|CPU|:[01][0-9a-f]\.|\[/;
const vendorHint =
  /\||SMI|ROCm|TABLE|AIP|modID|GPU|query-gpu|device,|gpu,|uuid|bus_id|module_id|aip|memory\.total|gpu_name|[0-9A-F]{8}:/;

/** The tool that alone prints such a line; undefined for any other line. */
function kindOf(line: string): Kind | undefined {
  const found = hint.test(line) ? anchors.find(([, pattern]) => pattern.test(line)) : undefined;
  if (found !== undefined || !vendorHint.test(line)) return found?.[0];
  return vendorAnchors.find(([, pattern]) => pattern.test(line))?.[0];
}

/** Joins libvirt's device documents into one reading, because each describes a single device. */
function joinedDevices(islands: readonly Island[]): readonly Island[] {
  const isDevice = ({ text }: Island): boolean => /^\s{0,40}<device>/.test(text);
  const devices = islands.filter(isDevice);
  const [first] = devices;
  if (first === undefined) return islands;
  const text = devices.map((device) => device.text).join("\n");
  return [...islands.filter((island) => !isDevice(island)), { ...first, text }];
}

interface Island extends Reading {
  readonly at: number;
}

interface Owners {
  /** The tool that each line belongs to. */
  readonly owners: readonly (Kind | null)[];
  /** The indentation to remove from outputs whose own indentation has a meaning. */
  readonly indents: ReadonlyMap<Kind, number>;
  readonly islands: readonly Island[];
}

function ownersOf(lines: readonly string[]): Owners {
  const owners: (Kind | null)[] = [];
  const islands: Island[] = [];
  const indents = new Map<Kind, number>();
  let open: Kind | null = null;
  // The first of the lines directly above the next anchor: after a blank line, or at a command.
  let above = 0;
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? "";
    const end = islandEnd(lines, i);
    if (end !== null) {
      const text = lines.slice(i, end + 1).join("\n");
      const source = text.trimStart().startsWith("<") ? xmlSource(text) : dataSource(text);
      if (source !== null) islands.push({ source, text, at: i });
      while (owners.length <= end) owners.push(null);
      i = end;
      [open, above] = [null, end + 1];
      continue;
    }
    const kind = kindOf(line);
    if (line.trim() === "") above = i + 1;
    else if (isCommand(line)) above = i;
    if (kind !== undefined) {
      const indent = line.length - line.trimStart().length;
      const isIndented = indent > 0 && (kind === "lspci" || kind === "tree");
      if (isIndented && !indents.has(kind)) indents.set(kind, indent);
      if (kind !== open) owners.fill(kind, above);
      open = kind;
      above = i + 1;
    }
    owners.push(open);
  }
  return { owners, islands, indents };
}

/** Removes up to `indent` blanks from the start of a line. */
function outdented(indent = 0): (line: string) => string {
  return (line) => {
    const blanks = line.length - line.trimStart().length;
    return indent === 0 ? line : line.slice(Math.min(indent, blanks));
  };
}

function isCommand(line: string): boolean {
  return /^[^|]{0,120}[$#%>] {0,4}(?:sudo )?(?:nvidia-smi|rocm-smi|amd-smi|numactl|lscpu|lspci|virsh|lstopo|kubectl|cat)\b/.test(
    line,
  );
}

/** The last line of the XML or JSON that begins in this line; null where none begins. */
function islandEnd(lines: readonly string[], start: number): number | null {
  const line = lines[start] ?? "";
  if (/^[ \t]{0,40}<[?!A-Za-z]/.test(line)) {
    const root = firstElement(lines.slice(start, start + prologMax).join("\n"));
    if (root === null || !(xmlRoots.has(root) || root === "devices")) return null;
    return endingWith(lines, start, (candidate) => candidate.includes(`</${root}>`));
  }
  const bracket = /^([ \t]{0,8})([[{])[ \t]{0,8}$/.exec(line);
  if (bracket !== null) {
    const close = `${bracket[1]}${bracket[2] === "{" ? "}" : "]"}`;
    return endingWith(lines, start, (candidate) => candidate.trimEnd() === close);
  }
  return /^\{"(system|gpu_data|card\d{1,4}|lscpu|cpus)"/.test(line) ? start : null;
}

/** Declarations and comments before the first element. */
const prologMax = 20;

function endingWith(
  lines: readonly string[],
  start: number,
  isEnd: (line: string) => boolean,
): number {
  for (let end = start; end < lines.length; end++) if (isEnd(lines[end] ?? "")) return end;
  return lines.length - 1;
}

/** The text source of an XML document, by its first element. */
function xmlSource(text: string): string | null {
  const element = firstElement(text.slice(0, startMax)) ?? "";
  return xmlRoots.get(element) ?? xmlWithin(text.slice(0, startMax));
}

/** The part of a text in which a document's kind must show; lists of devices may come late. */
const startMax = 65_536;

/** The name of the first element in a text that starts like XML. */
function firstElement(text: string): string | null {
  if (!/^\s{0,1000}</.test(text)) return null;
  const bare = text.replaceAll(/<!--[^]*?(-->|$)/g, "");
  return /<([A-Za-z_][\w.-]{0,60})/.exec(bare)?.[1] ?? "";
}

const xmlRoots: ReadonlyMap<string, string> = new Map([
  ["topology", "hwloc"],
  ["root", "hwloc"],
  ["system", "nccl"],
  ["graphs", "nccl"],
  ["capabilities", "libvirt"],
  ["device", "libvirt"],
  ["nvidia_smi_log", "nvidia-smi"],
]);

/** libvirt's documents inside an element that somebody added; null for other unknown roots. */
function xmlWithin(text: string): string | null {
  return /<(capabilities|device)>/.test(text) ? "libvirt" : null;
}

/** JSON inside other text counts only if a known tool wrote it. */
function dataSource(text: string): string | null {
  if (text.trimStart().startsWith("[")) return listSource(text);
  const source = jsonSource(text);
  return source === "document" && !documentStart.test(text.slice(0, startMax)) ? null : source;
}

const documentStart = /"apiVersion"\s{0,8}:\s{0,8}"evenkeel\//;

function jsonSource(whole: string): string {
  const text = whole.slice(0, startMax);
  const kubernetes =
    /"apiVersion"\s{0,8}:\s{0,8}"(topology\.node\.k8s\.io|resource\.k8s\.io|nfd\.k8s-sigs\.io)\//;
  const node = /"kind"\s{0,8}:\s{0,8}"Node"/;
  if (kubernetes.test(text) || node.test(text)) return "kubernetes";
  if (documentStart.test(text)) return "document";
  if (/^\s{0,1000}\{\s{0,1000}"(lscpu|cpus|caches)"\s{0,8}:/.test(text)) return "lscpu";
  if (/^\s{0,1000}\{\s{0,1000}"(system|card\d{1,4}|gpu_data)"\s{0,8}:/.test(text))
    return "rocm-smi";
  if (/^\s{0,1000}\{\s{0,1000}"device_list"\s{0,8}:/.test(text)) return "xpu-smi";
  return "document";
}

/** `amd-smi topology --json` prints a list of GPUs. */
function listSource(text: string): string | null {
  return /^\s{0,1000}\[\s{0,1000}\{\s{0,1000}"gpu"\s{0,8}:/.test(text) ? "rocm-smi" : null;
}
