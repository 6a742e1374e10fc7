/** A way to name a machine, and what that is; null where the name says it. */
export type SourceForm = readonly [string, string | null];

const machineForms: readonly SourceForm[] = [
  ["live", "this one"],
  ["sysfs:DIR or sysfs:TAR", "a recording; #NAME after it chooses one of several"],
  ["machine:NAME", "a type from the catalog"],
  ['synthetic:"TEXT"', "described in one line"],
  ["ssh:HOST", "another machine, over your own ssh; nothing is installed or asked there"],
];

const toolForms: readonly SourceForm[] = [
  ["hwloc:FILE", "lstopo FILE.xml"],
  ["libvirt:FILE", "virsh capabilities or nodedev-dumpxml"],
  ["nccl:FILE", "NCCL_TOPO_DUMP_FILE, a log"],
  ["nvidia-smi:FILE", "also with topo, -q, -L or --query-gpu"],
  ["rocm-smi:FILE", "amd-smi too"],
  ["hl-smi:FILE", null],
  ["xpu-smi:FILE", null],
  ["numactl:FILE", "numactl --hardware"],
  ["lscpu:FILE", "lscpu in any form"],
  ["lspci:FILE", "lspci -Dvvvnn or -tv"],
  ["kubernetes:FILE", "NodeResourceTopology, ResourceSlices, Node, NodeFeature"],
];

/** How to name a machine on the command line, in parts: words, and the forms that they announce. */
export const sourceParts: readonly (string | readonly SourceForm[])[] = [
  "SRC names a machine:",
  machineForms,
  "or the output of a tool:",
  toolForms,
  "A FILE alone may be any of these, a pasted text with several of them, or a Topology document; - " +
    "reads it from standard input, and a shell's <(COMMAND) from a command.",
];

const listed = (forms: readonly SourceForm[]): string =>
  forms.map(([form, is]) => (is === null ? form : `${form} (${is})`)).join(", ");

/** The same as a paragraph for the help of several commands. */
export const sourcesHelp: string = sourceParts
  .map((part) => (typeof part === "string" ? part : listed(part)))
  .join(" ")
  .replace(" or the output", ", or the output")
  .replace(" A FILE", ". A FILE");

const plainSources = [
  "live",
  "sysfs:",
  "hwloc:",
  "libvirt:",
  "nccl:",
  "nvidia-smi:",
  "rocm-smi:",
  "hl-smi:",
  "xpu-smi:",
  "numactl:",
  "lscpu:",
  "lspci:",
  "kubernetes:",
  "synthetic:",
  "ssh:",
] as const;

/** A host given as `SRC`, or as `NAME=SRC` to rename it. */
export function splitNamed(given: string): {
  readonly name: string | null;
  readonly source: string;
} {
  const [, name, named] = /^([a-z0-9][a-z0-9.-]{0,62})=(.+)$/s.exec(given) ?? [];
  return name === undefined || named === undefined
    ? { name: null, source: given }
    : { name, source: named };
}

/** Whether a word names a machine by one of the kinds of sources. */
export function isPlainSource(word: string): boolean {
  return (
    word.startsWith("machine:") ||
    plainSources.some((source) => source.endsWith(":") && word.startsWith(source))
  );
}

/** Completions for a SRC, apart from the names of files. */
export async function proposeSources(): Promise<readonly string[]> {
  const { catalogNames } = await import("@evenkeel/core/topology/catalog/catalog.ts");
  return [...plainSources, ...catalogNames.map((name) => `machine:${name}`)];
}
