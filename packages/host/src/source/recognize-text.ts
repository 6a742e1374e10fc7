/**
 * Which tool wrote a text, by its beginning: the name of a text source, `document` for what may be a
 * Topology, or null where nothing tells or several things do, so that nothing is guessed.
 *
 * Each pattern is a line that its tool prints and no other does. Indentation is bounded, so that no
 * text makes the search take longer than its length allows.
 */
export function recognizeText(start: string): string | null {
  const text = start.replace(/^(\uFEFF|\u00EF\u00BB\u00BF)/, "");
  const element = firstElement(text);
  if (element !== null) return xmlRoots.get(element) ?? xmlWithin(text);
  if (/^[\s]{0,1000}\{/.test(text)) return recognizeJson(text);
  const found = linePatterns.filter(([, pattern]) => pattern.test(text)).map(([name]) => name);
  const names = new Set(found);
  const [only = null] = names;
  return names.size === 1 ? only : null;
}

/** The name of the first element, of a text that starts as XML does. */
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

/** An element that somebody put around documents of libvirt, or one that nobody reads. */
function xmlWithin(text: string): string | null {
  return /<(capabilities|device)>/.test(text) ? "libvirt" : null;
}

function recognizeJson(text: string): string | null {
  const kubernetes = /"apiVersion"\s{0,8}:\s{0,8}"(topology\.node\.k8s\.io|resource\.k8s\.io)\//;
  if (kubernetes.test(text)) return "kubernetes";
  if (/"apiVersion"\s{0,8}:\s{0,8}"evenkeel\//.test(text)) return "document";
  if (/^\s{0,1000}\{\s{0,1000}"(lscpu|cpus|caches)"\s{0,8}:/.test(text)) return "lscpu";
  if (/^\s{0,1000}\{\s{0,1000}"(system|card\d{1,4})"\s{0,8}:/.test(text)) return "rocm-smi";
  return "document";
}

const linePatterns: readonly (readonly [string, RegExp])[] = [
  ["document", /^apiVersion:[ \t]{0,20}["']?evenkeel\//m],
  [
    "kubernetes",
    /^[ \t-]{0,20}apiVersion:[ \t]{0,20}["']?(topology\.node\.k8s\.io|resource\.k8s\.io)\//m,
  ],
  // A row of the matrix; a terminal may have underlined the header before it.
  ["nvidia-smi", /^[ \t]{0,40}GPU\d{1,4}[ \t][^\n]{0,2000}\bX\b/m],
  ["nvidia-smi", /^=+NVSMI LOG=+/m],
  ["nvidia-smi", /^[ \t]{0,40}GPU \d{1,4}: [^\n]{1,200}\(UUID: /m],
  ["rocm-smi", /ROCm System Management Interface/],
  ["rocm-smi", /^(ACCESS|WEIGHT|HOPS|LINK TYPE|NUMA BW) TABLE:/m],
  ["numactl", /^[ \t]{0,40}available: \d{1,5} nodes? \(/m],
  ["lscpu", /^# The following is the parsable format/m],
  ["lscpu", /^Architecture:[ \t]/m],
  ["lscpu", /^CPU(,|[ \t]{1,20})(NODE|SOCKET|CORE|Node|Socket|Core)\b/m],
  ["lspci", /^([0-9a-f]{4}:)?[0-9a-f]{2}:[01][0-9a-f]\.[0-7] ("|\w[^\n]{0,100}: )/m],
  ["lspci", /^(Slot|Device):\t([0-9a-f]{4}:)?[0-9a-f]{2}:[01][0-9a-f]\.[0-7]$/m],
  ["lspci", /^-(\+-)?\[[0-9a-f]{4}:[0-9a-f]{2}(-[0-9a-f]{2})?\]-/m],
];
