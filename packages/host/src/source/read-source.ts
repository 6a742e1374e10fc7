import { existsSync } from "node:fs";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { didYouMean } from "@evenkeel/core/text/did-you-mean.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { readFileBytes } from "../file/read-file.ts";
import { isPipe, isStdinName, STANDARD_INPUT } from "../file/read-pipe.ts";
import { ignore } from "../text/note.ts";
import type { SourceOptions } from "./options.ts";
import { isPath, pathPrefixes, splitSource } from "./source-forms.ts";
import { textSources } from "./text-sources.ts";

/** All forms of a source, for messages. */
const sourceForms: readonly string[] = [
  "live",
  "sysfs:DIR",
  "sysfs:TAR",
  ...[...textSources.keys()].map((name) => `${name}:FILE`),
  "machine:NAME",
  "synthetic:TEXT",
  "ssh:HOST",
  "FILE",
];

type Reader = (rest: string, options: SourceOptions) => Promise<Topology>;

/** The readers by prefix, loaded only when they are used. */
const readers: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  [
    "sysfs",
    async (rest, options) => (await import("./read-recording.ts")).readRecording(rest, options),
  ],
  ...[...textSources.keys()].map((name): [string, Reader] => [
    name,
    async (rest, options) =>
      (await import("./read-file-source.ts")).readTextFile(name, rest, options),
  ]),
  ["machine", async (rest) => (await import("./read-machine.ts")).readMachine(rest)],
  [
    "synthetic",
    async (rest) =>
      (await import("@evenkeel/core/topology/synthetic/build.ts")).syntheticTopology(rest),
  ],
  ["ssh", async (rest, options) => (await import("../ssh/read-ssh.ts")).readSsh(rest, options)],
]);

/**
 * Reads the machine that a source names:
 *
 * - `live`: the machine this runs on
 * - `sysfs:DIR`, `sysfs:TAR`: a recording of `/sys` and `/proc`, in a directory or in a tar;
 *   `sysfs:TAR#DIR` chooses one of several machines
 * - `hwloc:FILE` and the other text sources: the output of that tool, also among other output
 * - `machine:NAME`: a machine of the catalog
 * - `synthetic:TEXT`: a machine described in one line
 * - `ssh:HOST`: another machine, over the user's own ssh
 * - a path: any of these files or a Topology document, by its content; from a text with the outputs
 *   of several tools, as in a ticket, the machine that they describe together
 *
 * Errors: `source-unknown` if it is none of these, `machine-unknown`, and those of the readers.
 */
export async function readSource(source: string, options: SourceOptions): Promise<Topology> {
  if (source === "live") {
    const { readMachineTree } = await import("../machine/read-machine-tree.ts");
    const { liveMachineTree } = await import("../machine/live-machine.ts");
    const { readBoot } = await import("../machine/boot.ts");
    const note = options.note ?? ignore;
    const tree = await liveMachineTree(note);
    options.booted?.(readBoot(tree));
    const topology = await readMachineTree(tree, note);
    return options.calibrate === undefined ? topology : options.calibrate(topology, note);
  }
  const { prefix, rest } = splitSource(source);
  const reader = readers.get(prefix);
  const isFile = pathPrefixes.has(prefix);
  const piped = await pipedContent(isFile ? rest : source, options);
  if (piped !== null) {
    const { readContent } = await import("./read-file-source.ts");
    return readContent(piped.bytes, piped.where, isFile ? prefix : null, options);
  }
  if (reader !== undefined && rest !== "") return reader(rest, options);
  // A name of an existing file is that file, whatever it looks like.
  if (source !== "" && (isThere(source) || (isPath(source, prefix) && slashed(source) === null))) {
    return (await import("./read-file-source.ts")).readPath(source, options);
  }
  throw await unknownSource(source, prefix);
}

/** What comes through standard input or a pipe, if a path names one of these; null otherwise. */
async function pipedContent(
  path: string,
  { readStdin, pipes }: SourceOptions,
): Promise<{ readonly bytes: Uint8Array; readonly where: string } | null> {
  if (readStdin !== undefined && isStdinName(path)) {
    const { contentBytesMax } = await import("./read-file-source.ts");
    return { bytes: await readStdin(contentBytesMax), where: STANDARD_INPUT };
  }
  if (pipes !== true || !isPipe(path)) return null;
  const { contentBytesMax } = await import("./read-file-source.ts");
  const demand = { maxBytes: contentBytesMax, expected: "the description of a machine", pipes };
  return { bytes: readFileBytes(path, demand), where: path };
}

function isThere(path: string): boolean {
  return !path.includes("\0") && existsSync(path);
}

async function unknownSource(source: string, prefix: string): Promise<EvenkeelError> {
  const detail = {
    where: source === "" ? "the topology source" : source,
    expected: `one of ${sourceForms.join(", ")}`,
  };
  if (readers.has(prefix)) {
    return new EvenkeelError("source-unknown", `"${source}" ends after its colon`, {
      expected: sourceForms.filter((form) => form.startsWith(`${prefix}:`)).join(", or "),
      remedy:
        prefix === "machine"
          ? "evenkeel topology --list has the names"
          : `write ${example(prefix)}`,
    });
  }
  const meant = await likelyMeant(source, prefix);
  return new EvenkeelError("source-unknown", "is neither a file nor a kind of topology source", {
    ...detail,
    remedy:
      meant === null ? "evenkeel topology --help has an example of each" : `did you mean ${meant}?`,
  });
}

/** A source of a kind. */
function example(prefix: string): string {
  if (prefix === "ssh") return "ssh:gpu-01";
  return prefix === "synthetic" ? "synthetic:'core:8 memory:64Gi'" : `${prefix}:FILE`;
}

/** Names of this machine that people use, and prefixes that mean one of ours. */
const thisMachine = /^(?:local|localhost|host|this|self|here|me|127\.0\.0\.1)$/i;
const otherPrefixes: ReadonlyMap<string, string> = new Map(
  [
    "machine catalog type model machinetype",
    "ssh host remote node server scp",
    "sysfs sys snapshot tar dir recording",
    "hwloc lstopo xml",
    "synthetic synth syn text",
    "nvidia-smi nvidia nvidiasmi smi",
    "libvirt virsh capabilities",
    "kubernetes k8s kubectl",
  ].flatMap((line) => {
    const [ours = "", ...others] = line.split(" ");
    return others.map((other): readonly [string, string] => [other, ours]);
  }),
);

/**
 * The likely meaning of a misspelled prefix, of `live`, of a catalog name without its prefix, or of
 * a machine's name in the network.
 */
async function likelyMeant(source: string, prefix: string): Promise<string | null> {
  const meant = slashed(source);
  if (meant !== null) return meant;
  const { machinesMeant } = await import("./read-machine.ts");
  if (prefix !== "") {
    const kind = otherPrefixes.get(prefix.toLowerCase()) ?? didYouMean(prefix, [...readers.keys()]);
    if (kind !== null) return `${kind}${source.slice(prefix.length)}`;
    return isHostName(source) ? `ssh://${source}` : null;
  }
  if (thisMachine.test(source) || didYouMean(source, ["live"]) !== null) return "live";
  const machine = machinesMeant(source);
  return machine ?? (isHostName(source) ? `ssh:${source}` : null);
}

/** What `machine/hgx-h100`, `ssh//gpu-01` and `root@gpu-01` mean; null for other paths. */
function slashed(source: string): string | null {
  const [, prefix = "", rest = ""] = /^(machine|catalog|ssh)\/{1,2}([\w.@-]+)$/.exec(source) ?? [];
  if (prefix !== "") return `${prefix === "ssh" ? "ssh" : "machine"}:${rest}`;
  return source.includes("@") && isHostName(source) ? `ssh:${source}` : null;
}

/** Whether a source may be the name of a machine, with a user or a port. */
const isHostName = (source: string): boolean =>
  /^(?:[\w.-]{1,32}@)?[A-Za-z0-9](?:[\w.-]{0,200}[A-Za-z0-9])?(?::\d{1,5})?$/.test(source);
