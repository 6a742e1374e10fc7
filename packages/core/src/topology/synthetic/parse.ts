import { EvenkeelError } from "../../error/evenkeel-error.ts";
import { emptySet, has, indices } from "../../set/index-set.ts";
import { parseList } from "../../set/list-format.ts";
import { parseQuantity } from "../../unit/bytes.ts";
import type { MemoryKind } from "../topology.ts";
import {
  type Distances,
  type ExtraNodes,
  type LevelName,
  levelNames,
  type LinkGroup,
  limits,
  numberings,
  type SyntheticAccess,
  type SyntheticMachine,
  type SyntheticPartition,
  type SyntheticPool,
} from "./machine.ts";
import { readRoots } from "./parse-pci.ts";
import {
  attributeOf,
  expectShape,
  readBytes,
  readCount,
  type Reader,
  readInteger,
  readList,
  readNodes,
  readText,
  readWord,
  splitValue,
  timesOf,
  unknownWord,
} from "./statement.ts";
import { malformed, parseTerms, type Term, type Value } from "./term.ts";

/** A statement of the language: adds its term to the machine. */
type Statement = (reader: Reader, term: Term, machine: Draft) => void;

/** A machine while it is parsed: `SyntheticMachine` with mutable lists. */
type Draft = { -readonly [K in keyof SyntheticMachine]: Grown<SyntheticMachine[K]> };
type Grown<T> = T extends readonly (infer Item)[]
  ? Item[]
  : T extends SyntheticMachine["machine"]
    ? { -readonly [K in keyof T]: T[K] }
    : T;

/**
 * Parses a machine in the synthetic language (docs/synthetic.md). `syntheticTopology` fills in what
 * the text omits. A malformed text fails with `synthetic-malformed`, the column, and what was
 * expected there.
 */
export function parseSynthetic(text: string): SyntheticMachine {
  const reader = { text };
  const machine: Draft = {
    machine: {
      vendor: null,
      product: null,
      cpuModel: null,
      architecture: "x86_64",
      pageBytes: 4096,
    },
    levels: [],
    uneven: [],
    numbering: "split",
    offlineCpus: "",
    classes: [],
    nodeIds: null,
    memory: [],
    hugepages: [],
    extraNodes: [],
    distances: null,
    access: [],
    roots: [],
    iommu: true,
    modules: [],
    links: [],
    partitions: [],
  };
  const given = new Set<string>();
  for (const term of parseTerms(text)) {
    const statement = statements.get(term.key);
    if (statement === undefined) {
      const known = [...statements.keys()];
      throw unknownWord(reader, term.at, term.key, "there is no statement", known);
    }
    if (atMostOnce.has(term.key) && given.has(term.key)) {
      throw malformed(text, term.at, `"${term.key}" is given twice`, {});
    }
    given.add(term.key);
    statement(reader, term, machine);
  }
  if (!machine.levels.some(({ level }) => level === "core")) {
    throw new EvenkeelError("synthetic-malformed", "the machine has no cores", {
      where: "the end",
      expected: "the number of cores in each node, such as core:8",
    });
  }
  return machine;
}

const extraKinds: ReadonlyMap<string, MemoryKind> = new Map([
  ["hbm", "hbm"],
  ["cxl", "cxl"],
  ["pmem", "pmem"],
  ["gpumem", "gpu"],
]);

const atMostOnce: ReadonlySet<string> = new Set(
  "numbering offline classes ids distances iommu modules partitions vendor product cpu arch page".split(
    " ",
  ),
);

const statements: ReadonlyMap<string, Statement> = new Map([
  ...levelNames.map((name): [string, Statement] => [name, readLevel]),
  ["numbering", setting((reader, value) => ({ numbering: readNumbering(reader, value) }))],
  ["offline", setting((reader, value) => ({ offlineCpus: readList(reader, value, limits.cpus) }))],
  [
    "classes",
    setting((reader, value) => ({
      classes: splitValue(value, ";").map((cpus) => readList(reader, cpus, limits.cpus)),
    })),
  ],
  ["ids", setting((reader, value) => ({ nodeIds: readList(reader, value, limits.nodeNumbers) }))],
  ["memory", readMemory],
  ["hugepages", readHugepages],
  ...[...extraKinds].map(([key, kind]): [string, Statement] => [
    key,
    (reader, term, machine) => void machine.extraNodes.push(readExtraNodes(reader, term, kind)),
  ]),
  ["distances", setting((reader, value) => ({ distances: readDistances(reader, value) }))],
  ["access", (reader, term, machine) => void machine.access.push(readAccess(reader, term))],
  ["root", (reader, term, machine) => void machine.roots.push(readRoots(reader, term))],
  [
    "iommu",
    setting((reader, value) => ({
      iommu: readWord(reader, value, "setting", ["on", "off"]) === "on",
    })),
  ],
  [
    "modules",
    setting((reader, value) => ({
      modules: splitValue(value, ",").map((part) => readInteger(reader, part, 0, 9999)),
    })),
  ],
  ["nvlink", (reader, term, machine) => void machine.links.push(readLinks(reader, term, "nvlink"))],
  ["xgmi", (reader, term, machine) => void machine.links.push(readLinks(reader, term, "xgmi"))],
  ["partitions", readPartitions],
  ["vendor", identity((reader, value) => ({ vendor: readText(reader, value) }))],
  ["product", identity((reader, value) => ({ product: readText(reader, value) }))],
  ["cpu", identity((reader, value) => ({ cpuModel: readText(reader, value) }))],
  ["arch", identity((reader, value) => ({ architecture: readArchitecture(reader, value) }))],
  [
    "page",
    identity((reader, value) => ({
      pageBytes: value.text === "?" ? null : readBytes(reader, value),
    })),
  ],
]);

/** A statement that has only a value. */
function setting(read: (reader: Reader, value: Value) => Partial<Draft>): Statement {
  return (reader, term, machine) => {
    expectShape(reader, term, { value: "needed" });
    if (term.value !== null) Object.assign(machine, read(reader, term.value));
  };
}

function identity(read: (reader: Reader, value: Value) => Partial<Draft["machine"]>): Statement {
  return (reader, term, machine) => {
    expectShape(reader, term, { value: "needed" });
    if (term.value !== null) Object.assign(machine.machine, read(reader, term.value));
  };
}

function readNumbering(reader: Reader, value: Value): SyntheticMachine["numbering"] {
  return readWord(reader, value, "CPU numbering", numberings);
}

function readArchitecture({ text }: Reader, value: Value): string | null {
  if (value.text === "?") return null;
  if (/^[a-z0-9_]{1,32}$/.test(value.text)) return value.text;
  throw malformed(text, value.at, `"${value.text}" is not an architecture`, {
    expected: "an architecture as uname -m prints it, such as x86_64 or aarch64",
  });
}

/** `core:8`, and `core:4@1` for the nodes that differ. */
function readLevel(reader: Reader, term: Term, machine: Draft): void {
  expectShape(reader, term, { value: "needed", nodes: "allowed" });
  const level = levelNames.find((name) => name === term.key);
  if (term.value === null || level === undefined) return;
  const nodes = readNodes(reader, term);
  if (nodes !== null) {
    if (level !== "core" && level !== "thread") {
      throw malformed(reader.text, term.at, `"${level}" is the same on every node`, {
        expected: "core or thread, which may differ from node to node",
      });
    }
    const least = level === "core" ? 0 : 1;
    const count = readInteger(reader, term.value, least, limits.cpus);
    machine.uneven.push({ level, count, nodes });
    return;
  }
  expectOrder(
    reader,
    term,
    level,
    machine.levels.map((known) => known.level),
  );
  const mayBeUnknown = level === "package" || level === "die" || level === "l3";
  const count = mayBeUnknown
    ? readCount(reader, term.value, 1, limits.cpus)
    : readInteger(reader, term.value, 1, limits.cpus);
  machine.levels.push({ level, count });
}

function expectOrder(
  { text }: Reader,
  term: Term,
  level: LevelName,
  above: readonly LevelName[],
): void {
  const refuse = (message: string, expected?: string): never => {
    throw malformed(text, term.at, message, expected === undefined ? {} : { expected });
  };
  if (above.includes(level)) refuse(`"${level}" is given twice`, `${level}:N@NODES for some nodes`);
  if (above.includes("thread") || (above.includes("core") && level !== "thread")) {
    refuse(`"${level}" cannot be within a ${above.at(-1)}`, "levels in order from the outermost");
  }
  if (level === "thread" && !above.includes("core")) {
    refuse("threads are within cores", "core:N before thread:N");
  }
}

function readMemory(reader: Reader, term: Term, machine: Draft): void {
  expectShape(reader, term, { value: "needed", nodes: "allowed" });
  if (term.value === null) return;
  const value = term.value.text === "?" ? null : readBytes(reader, term.value);
  machine.memory.push({ value, nodes: readNodes(reader, term) });
}

/** `900x1Gi,512x2Mi`; `800/900x1Gi` where only 800 are free; `?/900x1Gi`; `none`. */
function readHugepages(reader: Reader, term: Term, machine: Draft): void {
  expectShape(reader, term, { value: "needed", nodes: "allowed" });
  if (term.value === null) return;
  const none = term.value.text === "none";
  const pools = none ? [] : splitValue(term.value, ",").map((part) => readPool(reader, part));
  const value = pools.toSorted((a, b) => a.sizeBytes - b.sizeBytes);
  if (new Set(value.map(({ sizeBytes }) => sizeBytes)).size !== value.length) {
    throw malformed(reader.text, term.value.at, "a page size is given twice", {});
  }
  machine.hugepages.push({ value, nodes: readNodes(reader, term) });
}

function readPool(reader: Reader, part: Value): SyntheticPool {
  const match = /^(?:(\d{1,9}|\?)\/)?(\d{1,9})x(.+)$/.exec(part.text);
  const [, freeText, totalText = "", size = ""] = match ?? [];
  const sizeBytes = parseQuantity(size);
  const total = Number(totalText);
  const free = freeText === "?" ? null : Number(freeText ?? total);
  if (match !== null && sizeBytes !== null && sizeBytes > 0 && (free === null || free <= total)) {
    return { sizeBytes, total, free };
  }
  throw malformed(reader.text, part.at, `"${part.text}" is not a number of huge pages`, {
    expected: "a number and a size such as 900x1Gi, or 800/900x1Gi where 800 are free",
  });
}

/** `cxl:128Gi(distance:20)*2@0-1`: two such nodes beside each of nodes 0 and 1. */
function readExtraNodes(reader: Reader, term: Term, kind: MemoryKind): ExtraNodes {
  expectShape(reader, term, {
    value: "needed",
    attributes: ["distance"],
    count: true,
    nodes: "allowed",
  });
  const distance = attributeOf(term, "distance");
  return {
    kind,
    memoryBytes: term.value === null ? 0 : readBytes(reader, term.value),
    distance: distance === null ? null : readInteger(reader, distance, 1, 255),
    count: timesOf(term),
    nodes: readNodes(reader, term),
  };
}

/** `10/12/32`, `10/21`, or every row: `10,21;21,10`. */
function readDistances(reader: Reader, value: Value): Distances {
  const distance = (part: Value): number => readInteger(reader, part, 1, 255);
  if (value.text.includes("/")) {
    const [local, near, far, excess] = splitValue(value, "/").map(distance);
    if (local !== undefined && near !== undefined && excess === undefined) {
      return { local, near, far: far ?? near };
    }
    throw malformed(reader.text, value.at, `"${value.text}" is not a rule for distances`, {
      expected: "local/elsewhere such as 10/21, or local/same package/beyond such as 10/12/32",
    });
  }
  return { matrix: splitValue(value, ";").map((row) => splitValue(row, ",").map(distance)) };
}

/**
 * `access:90(bandwidth:240G)`, and for access to another node `access:139(to:1 bandwidth:120G)@0`.
 */
function readAccess(reader: Reader, term: Term): SyntheticAccess {
  expectShape(reader, term, {
    value: "needed",
    attributes: ["to", "bandwidth"],
    nodes: "allowed",
  });
  const [to, bandwidth] = [attributeOf(term, "to"), attributeOf(term, "bandwidth")];
  const given = {
    readLatencyNs: term.value === null ? null : readCount(reader, term.value, 1, 999_999),
    readBytesPerSecond: bandwidth === null ? null : readBytes(reader, bandwidth),
  };
  if (given.readBytesPerSecond === 0) {
    throw malformed(reader.text, bandwidth?.at ?? term.at, "the bandwidth is 0", {
      expected: "bytes per second such as 240G",
    });
  }
  if (given.readLatencyNs === null && given.readBytesPerSecond === null) {
    throw malformed(reader.text, term.at, "neither latency nor bandwidth is given", {
      expected: "nanoseconds such as access:90, or access:?(bandwidth:240G)",
    });
  }
  return {
    ...given,
    targets: to === null ? null : readList(reader, to, limits.nodeNumbers),
    nodes: readNodes(reader, term),
  };
}

/** `nvlink:18` among all accelerators, `nvlink:4(among:0,1;2,3)` within each set. */
function readLinks(reader: Reader, term: Term, kind: LinkGroup["kind"]): LinkGroup {
  expectShape(reader, term, { value: "needed", attributes: ["among"] });
  const among = attributeOf(term, "among");
  return {
    kind,
    lanes: term.value === null ? null : readCount(reader, term.value, 1, 999),
    among:
      among === null
        ? []
        : splitValue(among, ";").map((set) => readList(reader, set, limits.accelerators)),
  };
}

/** `partitions:0-7;0-3;4-7(active:0)`: sets of accelerators, numbered from 0. */
function readPartitions(reader: Reader, term: Term, machine: Draft): void {
  expectShape(reader, term, { value: "needed", attributes: ["active"] });
  if (term.value === null) return;
  const sets = splitValue(term.value, ";").map((set) => readList(reader, set, limits.accelerators));
  if (sets.length > limits.partitions) {
    throw malformed(reader.text, term.at, `${sets.length} partitions are too many`, {
      expected: `at most ${limits.partitions}`,
    });
  }
  const active = attributeOf(term, "active");
  const unknown = active?.text === "?";
  const on =
    active === null || unknown ? emptySet : parseList(readList(reader, active, limits.partitions));
  if (on === null || indices(on).some((id) => id >= sets.length)) {
    throw malformed(reader.text, active?.at ?? term.at, `there are ${sets.length} partitions`, {
      expected: `numbers from 0 to ${sets.length - 1}`,
    });
  }
  machine.partitions = sets.map((accelerators, id): SyntheticPartition => ({
    accelerators,
    active: unknown ? null : has(on, id),
  }));
}
