import { beyondGuest, guestReportBounds } from "@evenkeel/core/evidence/guest-report-bounds.ts";
import type { Unreadable } from "@evenkeel/core/evidence/unreadable.ts";
import type {
  GuestDevice,
  GuestHugepages,
  GuestNode,
  GuestReport,
} from "@evenkeel/core/evidence/guest-report.ts";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { formatList, parseList } from "@evenkeel/core/set/list-format.ts";
import { isPciAddress } from "@evenkeel/core/topology/pci-address.ts";
import type { PcieLink } from "@evenkeel/core/topology/topology.ts";
import { KiB } from "@evenkeel/core/unit/bytes.ts";
import { plainText } from "../text/plain-text.ts";
import { readLines } from "../text/read-lines.ts";

const header = "evenkeel-guest-report 1";

/** Whether a text is what the shell script prints. */
export function isShellReport(text: string): boolean {
  return text.slice(0, 65_536).includes(header) && !text.trimStart().startsWith("{");
}

/**
 * Parses what `report.sh` prints in a guest: one fact per line. The text may come over a serial
 * console and contain kernel messages, so lines of unknown form are skipped. Where the last line is
 * missing, a fact that was cut off cannot be facts from one that does not exist, so nodes and
 * devices are unknown.
 *
 * Errors: `text-unexpected` where no report begins or it has what no guest has, as a node twice;
 * `file-too-large` where it is too long or has too many facts of a kind.
 */
export function parseShellReport(text: string, where: string): GuestReport {
  const all = readLines(plainText(text), where).map((line) => line.trim());
  const begins = all.lastIndexOf(header);
  if (begins < 0) {
    throw new EvenkeelError("text-unexpected", "it contains no guest report", {
      where,
      expected: `the output of report.sh, from its first line, ${JSON.stringify(header)}`,
    });
  }
  const lines = all.slice(begins + 1);
  const end = lines.indexOf("end");
  const facts = end < 0 ? lines : lines.slice(0, end);
  const unreadable = within(facts, unreadableOf, "unreadable", where);
  if (end < 0) {
    const why = "the report was cut short";
    for (const what of ["nodes", "devices", "contract"]) unreadable.push({ what, why });
  }
  const nodes = within(facts, nodeOf, "nodes", where).toSorted((a, b) => a.id - b.id);
  const hasPci = facts.includes("pci");
  const report: GuestReport = {
    apiVersion: "evenkeel/v1",
    kind: "GuestReport",
    where,
    kernel: printable(/^kernel ([^ ]{1,128})$/m.exec(facts.join("\n"))?.[1] ?? "") || null,
    nodes: end < 0 || nodes.length === 0 ? null : nodes,
    devices: end < 0 || !hasPci ? null : within(facts, deviceOf, "devices", where),
    cpu: null,
    ports: null,
    accelerators: null,
    hugepages: within(facts, hugepagesOf, "hugepages", where),
    contract: contractOf(facts),
    nccl: ncclOf(facts),
    unreadable,
  };
  const beyond = beyondGuest(report);
  if (beyond === null) return report;
  throw new EvenkeelError("text-unexpected", beyond.message, { where, expected: beyond.expected });
}

/** The names of bounded facts in messages. */
const nouns = {
  nodes: "nodes",
  devices: "devices",
  hugepages: "pools of huge pages",
  unreadable: "unreadable facts",
} as const;

/**
 * All facts of a kind. It ends at the first one beyond the bound, so that a hostile guest cannot
 * make the host work on the rest.
 */
function within<T>(
  lines: readonly string[],
  factOf: (line: string) => T | null,
  kind: keyof typeof nouns,
  where: string,
): T[] {
  const max = guestReportBounds[kind];
  const facts: T[] = [];
  for (const line of lines) {
    const fact = factOf(line);
    if (fact === null) continue;
    if (facts.length === max) {
      throw new EvenkeelError("file-too-large", `it has more than ${max} ${nouns[kind]}`, {
        where,
        expected: `a guest's report of at most ${max} ${nouns[kind]}`,
      });
    }
    facts.push(fact);
  }
  return facts;
}

function unreadableOf(line: string): Unreadable | null {
  const match = /^unreadable ([a-z ]{1,64}): (.{1,256})$/.exec(line);
  return match === null ? null : { what: match[1] ?? "", why: printable(match[2] ?? "") };
}

const printable = (text: string): string => text.replaceAll(/[^\x20-\x7e]/g, "?");

const integer = (text: string | undefined): number | null =>
  text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null;

function nodeOf(line: string): GuestNode | null {
  const match =
    /^node (\d{1,4}) memory-kib (\d{1,15}|-) cpus ([\d,-]{1,65536}) distances ([\d ]{1,8192}|-)$/.exec(
      line,
    );
  if (match === null) return null;
  const kib = integer(match[2]);
  // A node without CPUs has an empty list, which the report prints as a dash.
  const cpus = parseList(match[3] === "-" ? "" : (match[3] ?? ""));
  if (cpus === null) return null;
  const distances = match[4] === "-" ? null : (match[4] ?? "").split(" ").map(Number);
  const valid =
    distances === null ||
    (distances.length <= guestReportBounds.nodes &&
      distances.every((value) => value >= 1 && value <= 255));
  return {
    id: Number(match[1]),
    cpus: formatList(cpus),
    memoryBytes: kib === null || kib > Number.MAX_SAFE_INTEGER / KiB ? null : kib * KiB,
    distances: valid ? distances : null,
  };
}

function hugepagesOf(line: string): GuestHugepages | null {
  const match = /^hugepages (\d{1,4}) size-kib (\d{1,9}) total (\d{1,9}) free (\d{1,9}|-)$/.exec(
    line,
  );
  if (match === null) return null;
  return {
    node: Number(match[1]),
    sizeBytes: Number(match[2]) * KiB,
    total: Number(match[3]),
    free: integer(match[4]),
  };
}

const identifier = (text: string | undefined): string | null =>
  /^0x([0-9a-f]{4})$/.exec(text ?? "")?.[1] ?? null;

function deviceOf(line: string): GuestDevice | null {
  const words = line.split(" ");
  if (words[0] !== "device" || words.length !== 16) return null;
  const address = words[1] ?? "";
  const of = (name: string): string | undefined => {
    const at = words.indexOf(name, 2);
    return at < 0 ? undefined : words[at + 1];
  };
  if (!isPciAddress(address)) return null;
  const speed = (text: string | undefined): number | null => {
    const match = /^(\d{1,3}(?:\.\d)?)_GT\/s/.exec(text ?? "");
    return match === null ? null : Number(match[1]);
  };
  const width = (text: string | undefined): number | null => {
    const lanes = integer(text);
    return lanes !== null && lanes >= 1 && lanes <= 32 ? lanes : null;
  };
  const link: PcieLink = {
    speedGTs: speed(of("speed")),
    width: width(of("width")),
    maxSpeedGTs: speed(of("max-speed")),
    maxWidth: width(of("max-width")),
  };
  const node = integer(of("node"));
  return {
    address,
    vendor: identifier(words[3]),
    device: identifier(words[5]),
    node: node !== null && node <= 65_535 ? node : null,
    link: Object.values(link).every((value) => value === null) ? null : link,
  };
}

function contractOf(lines: readonly string[]): GuestReport["contract"] {
  for (const line of lines) {
    const match = /^contract ([0-9a-f]{64}|-) (\/.{1,1024})$/.exec(line);
    if (match !== null) {
      return {
        where: printable(match[2] ?? ""),
        sha256: match[1] === "-" ? null : (match[1] ?? null),
      };
    }
  }
  return null;
}

const unreadNccl = { slowestLink: null, gpuDirect: null } as const;

function ncclOf(lines: readonly string[]): GuestReport["nccl"] {
  for (const line of lines) {
    const match = /^nccl ([0-9a-f]{64}|-) ([A-Za-z_./-]{1,64}) (.{1,1024})$/.exec(line);
    if (match === null) continue;
    const sha256 = match[1] === "-" ? null : (match[1] ?? null);
    return { file: printable(match[3] ?? ""), sha256, from: match[2] ?? "", ...unreadNccl };
  }
  return null;
}
