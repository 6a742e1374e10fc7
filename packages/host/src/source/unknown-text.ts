import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { shellWord } from "@evenkeel/core/text/shell.ts";
import { shown } from "../text/shown.ts";
import { foreignText } from "./foreign-text.ts";
import { textSources } from "./text-sources.ts";

/** A text in which nothing was recognized, or nothing but a document. */
export interface UnknownText {
  /** As it was given, and without the prefixes of terminals and logs. */
  readonly given: string;
  readonly text: string;
  readonly where: string;
  /** The source that the caller named; null where it named none. */
  readonly name: string | null;
  /** The sources that were recognized, for a caller who named another one. */
  readonly found: readonly string[];
}

/**
 * Refuses a text that is no machine's, with what it looks like and the command whose output would
 * serve. Returns where the text may be a document, or an output that the source that was named
 * reads, so that the reader's own message says what is wrong with it.
 *
 * Errors: `text-unexpected`; `document-invalid` for another document of Evenkeel.
 */
export function refuseUnknown({ given, text, where, name, found }: UnknownText): void {
  const expected =
    (name === null ? undefined : textSources.get(name)?.is) ??
    "a Topology document, or the output of a tool that describes a machine";
  if (given.trim() === "") {
    throw new EvenkeelError("text-unexpected", "is empty", { where, expected, remedy: commands });
  }
  const [other] = found;
  if (name !== null && other !== undefined && other !== name && other !== "document") {
    throw new EvenkeelError("text-unexpected", `has the output of ${other} and none of ${name}`, {
      where,
      expected,
      remedy: `name it without ${name}: in front, or as ${other}:FILE`,
    });
  }
  const kind = otherDocument(text);
  if (kind !== null) {
    throw new EvenkeelError("document-invalid", `is a ${kind}, not a Topology`, {
      where,
      expected,
      remedy: (ofDocuments.get(kind) ?? "give the machine that it is about").replace(
        "FILE",
        where === "standard input" ? "-" : shellWord(where),
      ),
    });
  }
  if (ownDocument.test(text.slice(0, startMax))) return;
  const foreign = foreignText(given, text);
  if (foreign !== null) {
    throw new EvenkeelError("text-unexpected", `looks like ${foreign.name}`, {
      where,
      expected,
      remedy: foreign.instead,
    });
  }
  if (name !== null || mayBeDocument(text, where)) return;
  throw new EvenkeelError("text-unexpected", `is no output that is known: ${beginning(text)}`, {
    where,
    expected,
    remedy: commands,
  });
}

const commands =
  "give what lscpu, numactl -H, lspci -Dvvvnn, nvidia-smi -q -x, nvidia-smi topo -m, " +
  "amd-smi topology or lstopo FILE.xml prints, or record the machine with evenkeel snapshot FILE";

const startMax = 65_536;
const ownDocument = /^[ \t{]{0,20}["']?apiVersion["']?\s{0,8}:\s{0,8}["']?evenkeel\//m;

/** The kind of Evenkeel's documents in a text that has no Topology; null where there are none. */
function otherDocument(text: string): string | null {
  if (!ownDocument.test(text.slice(0, startMax))) return null;
  const kinds = [...text.slice(0, startMax).matchAll(kindLine)].map(([, kind = ""]) => kind);
  return kinds.includes("Topology") ? null : (kinds[0] ?? null);
}

const kindLine = /^[ \t{]{0,20}["']?kind["']?\s{0,8}:\s{0,8}["']?([A-Z]\w{1,40})/gm;

const ofDocuments: ReadonlyMap<string, string> = new Map([
  ["VirtualMachine", "place it on a machine: evenkeel place FILE --on live"],
  ["Flavor", "see whether it fits a machine: evenkeel topology --fit FILE"],
  ["Fleet", "list its machines: evenkeel topology --fleet FILE"],
  ["Plan", "print what it gives the VM: evenkeel render FILE --as libvirt"],
  ["Refusal", "give the machine that was tried"],
  ["Verdict", "give the machine that the VM runs on"],
  ["Fleet", "give it with --fleet FILE, to topology, place, capacity or simulate"],
  ["Calibration", "give it with --calibration FILE, beside the machine that it is of"],
  ["HostPolicy", "give it with --policy FILE, beside the machine that it is for"],
  ["Evidence", "look for what slows it down: evenkeel doctor FILE"],
]);

/** Whether a text is YAML or JSON by its look or name, so that its mistakes are worth naming. */
function mayBeDocument(text: string, where: string): boolean {
  return (
    /^\s{0,1000}[{[]/.test(text) ||
    /\.(?:ya?ml|json)$/i.test(where) ||
    /^[ \t]{0,20}["']?(?:apiVersion|kind)["']?[ \t]{0,8}:/m.test(text.slice(0, startMax))
  );
}

/** The first line with anything in it, shortened. */
function beginning(text: string): string {
  const line = shown(/\S[^\n]{0,200}/.exec(text.slice(0, startMax))?.[0] ?? "", shownMax);
  return line === null ? "it has nothing that can be seen" : `it begins with "${line}"`;
}

const shownMax = 60;
