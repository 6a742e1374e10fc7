import { beyondGuest, guestReportBounds } from "@evenkeel/core/evidence/guest-report-bounds.ts";
import type { Unreadable } from "@evenkeel/core/evidence/unreadable.ts";
import type {
  GuestBar,
  GuestDevice,
  GuestHugepages,
  GuestNode,
  GuestPort,
  GuestReport,
} from "@evenkeel/core/evidence/guest-report.ts";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { formatList, parseList } from "@evenkeel/core/set/list-format.ts";
import { isPciAddress } from "@evenkeel/core/topology/pci-address.ts";
import type { PcieLink } from "@evenkeel/core/topology/topology.ts";
import { KiB } from "@evenkeel/core/unit/bytes.ts";
import { gpuDirectIn, ncclNetworkIn } from "../nccl/gpu-direct.ts";
import { slowestLink } from "../nccl/slowest-link.ts";
import { readAcceleratorStates } from "../nvidia-smi/read-accelerator-states.ts";
import { plainText } from "../text/plain-text.ts";
import { readLines } from "../text/read-lines.ts";
import { guestBars, guestCpu } from "./guest-facts.ts";

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
  const bars = barsIn(facts);
  const devices = within(facts, deviceOf, "devices", where);
  const report: GuestReport = {
    apiVersion: "evenkeel/v1",
    kind: "GuestReport",
    where,
    kernel: printable(/^kernel ([^ ]{1,128})$/m.exec(facts.join("\n"))?.[1] ?? "") || null,
    clocksource: /^clocksource ([a-z][\w-]{0,63})$/m.exec(facts.join("\n"))?.[1] ?? null,
    nodes: end < 0 || nodes.length === 0 ? null : nodes,
    devices:
      end < 0 || !hasPci
        ? null
        : devices.map((device) => ({ ...device, bars: bars.get(device.address) ?? null })),
    cpu: cpuOf(facts),
    // Reports of earlier releases have no processor, and no ports either.
    ports: end < 0 || !hasPci || !isRecent(facts) ? null : within(facts, portOf, "ports", where),
    accelerators: acceleratorsOf(facts, where),
    hugepages: within(facts, hugepagesOf, "hugepages", where),
    contract: contractOf(facts),
    nccl: ncclOf(facts),
    gpuDirect: gpuDirectIn(textAfter(facts, "nccl-log ")),
    ncclNetwork: ncclNetworkIn(textAfter(facts, "nccl-log ")),
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
  ports: "ports",
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
  const max = guestReportBounds[kind === "ports" ? "devices" : kind];
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
  const node = integer(of("node"));
  return {
    address,
    vendor: identifier(words[3]),
    device: identifier(words[5]),
    node: node !== null && node <= 65_535 ? node : null,
    link: linkOf(of),
    bars: null,
  };
}

/** The link in a line's words, by their names. */
function linkOf(of: (name: string) => string | undefined): PcieLink | null {
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
  return Object.values(link).every((value) => value === null) ? null : link;
}

/** The BARs by the device's address. */
function barsIn(lines: readonly string[]): ReadonlyMap<string, readonly GuestBar[] | null> {
  const all = lines.flatMap((line) => {
    const [name, address = "", ...words] = line.split(" ", 20);
    return name === "bars" ? [[address, guestBars(words)] as const] : [];
  });
  return new Map(all);
}

/** P2P Request Redirect and P2P Completion Redirect in the ACS control register. */
const redirects = 0x0004 | 0x0008;

function portOf(line: string): GuestPort | null {
  const words = line.split(" ", 14);
  const address = words[1] ?? "";
  if (words[0] !== "port" || words.length !== 14 || !isPciAddress(address)) return null;
  const of = (name: string): string | undefined => words[words.indexOf(name, 2) + 1];
  const acs = /^[0-9a-f]{4}$/.exec(of("acs") ?? "")?.[0];
  return {
    address,
    link: linkOf(of),
    acsRedirect: acs === undefined ? null : (Number.parseInt(acs, 16) & redirects) !== 0,
    below: (of("below") ?? "").split(",", 256).filter(isPciAddress),
  };
}

const isRecent = (lines: readonly string[]): boolean =>
  lines.some((line) => line.startsWith("cpu threads "));

function cpuOf(lines: readonly string[]): GuestReport["cpu"] {
  const of = (name: string): string | null => {
    const line = lines.find((one) => one === `cpu ${name}` || one.startsWith(`cpu ${name} `));
    return line === undefined ? null : line.slice(`cpu ${name} `.length);
  };
  const flags = of("flags");
  return guestCpu({
    model: of("model"),
    flags: flags === null ? null : flags.split(" ").filter((flag) => flag !== ""),
    threads: of("threads"),
    packages: (of("packages") ?? "").split(" ").filter((id) => id !== ""),
  });
}

/** The rests of the lines that begin so, as they were in the file. */
function textAfter(lines: readonly string[], start: string): string {
  const own = lines.filter((line) => line.startsWith(start)).slice(0, 8000);
  return own.map((line) => line.slice(start.length)).join("\n");
}

/** What NVIDIA's tool said; null where it was not there, or said something else. */
function acceleratorsOf(lines: readonly string[], where: string): GuestReport["accelerators"] {
  const [query, nvlink, peers] = ["query", "nvlink", "peers"].map((name) => {
    return textAfter(lines, `smi-${name} `) || null;
  });
  if (query === undefined || query === null) return null;
  const texts = { query, nvlink: nvlink ?? null, peers: peers ?? null };
  try {
    const states = readAcceleratorStates(texts, where);
    return states.length > guestReportBounds.devices ? null : states;
  } catch (error) {
    if (error instanceof EvenkeelError) return null;
    throw error;
  }
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

function ncclOf(lines: readonly string[]): GuestReport["nccl"] {
  for (const line of lines) {
    const match = /^nccl ([0-9a-f]{64}|-) ([A-Za-z_./~-]{1,64}) (.{1,1024})$/.exec(line);
    if (match === null) continue;
    const sha256 = match[1] === "-" ? null : (match[1] ?? null);
    const file = printable(match[3] ?? "");
    // Earlier releases did not say whether the file is there; its digest does.
    const force = lines.find((one) => one.startsWith("nccl-force "));
    const isThere = sha256 === null ? null : true;
    const inForce = force === undefined ? isThere : force === "nccl-force yes";
    const text = textAfter(lines, "nccl-text ");
    return { file, sha256, from: match[2] ?? "", inForce, slowestLink: slowestLink(text, file) };
  }
  return null;
}
