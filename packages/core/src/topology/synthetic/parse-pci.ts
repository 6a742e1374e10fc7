import { hostUses, type PcieLink } from "../topology.ts";
import { deviceModels } from "../device-models.ts";
import { pcieSpeedsGTs } from "../pcie-rate.ts";
import {
  deviceKinds,
  type DeviceKind,
  type PciNode,
  type Roots,
  type SyntheticDevice,
  type SyntheticSwitch,
} from "./machine.ts";
import { readMig, readParts } from "./parts.ts";
import {
  attributeOf,
  expectShape,
  readBytes,
  type Reader,
  readNodes,
  readText,
  readWord,
  splitValue,
  timesOf,
  unknownWord,
} from "./statement.ts";
import { malformed, type Term, type Value } from "./term.ts";

/** `root*4(bus:…)[…]@0-1`: host bridges and the devices below each. */
export function readRoots(reader: Reader, term: Term): Roots {
  expectShape(reader, term, {
    value: "none",
    attributes: ["bus"],
    count: true,
    children: "needed",
    nodes: "allowed",
  });
  const bus = attributeOf(term, "bus");
  return {
    count: timesOf(term),
    nodes: term.nodes?.text === "?" ? "?" : readNodes(reader, term),
    buses: bus === null ? [] : splitValue(bus, ",").map((value) => readBus(reader, value)),
    below: readBelow(reader, term),
  };
}

function readBus(reader: Reader, value: Value): string {
  if (/^([0-9a-f]{4}:)?[0-9a-f]{2}$/.test(value.text)) return value.text.replace(/^0000:/, "");
  throw malformed(reader.text, value.at, `"${value.text}" is not a bus number`, {
    expected: "a bus such as 15, or a domain and a bus such as 0008:00",
  });
}

function readBelow(reader: Reader, term: Term): PciNode[] {
  return (term.children ?? []).map((child) => {
    if (child.key === "switch") return readSwitch(reader, child);
    const kind = deviceKinds.find((known) => known === child.key);
    if (kind !== undefined) return readDevice(reader, child, kind);
    const known = [...deviceKinds, "switch"];
    throw unknownWord(reader, child.at, child.key, `"${term.key}" cannot contain`, known);
  });
}

function readSwitch(reader: Reader, term: Term): SyntheticSwitch {
  expectShape(reader, term, {
    value: "allowed",
    attributes: ["acs", "link"],
    count: true,
    children: "needed",
  });
  const acs = attributeOf(term, "acs");
  return {
    kind: "switch",
    model: term.value === null ? null : readModel(reader, term.value, "switch"),
    count: timesOf(term),
    acs: acs === null || readWord(reader, acs, "setting", ["on", "off"]) === "on",
    link: readLink(reader, attributeOf(term, "link")),
    below: readBelow(reader, term),
  };
}

const deviceAttributes = ["id", "class", "bars", "link", "driver", "host", "group", "with", "port"];
const ownAttributes = {
  gpu: ["name", "memory", "functions", "mig"],
  nic: ["name", "rdma"],
  dev: [],
} as const;

function readDevice(reader: Reader, term: Term, kind: DeviceKind): SyntheticDevice {
  expectShape(reader, term, {
    value: "allowed",
    attributes: [...deviceAttributes, ...ownAttributes[kind]],
    count: true,
  });
  const given = <T>(key: string, read: (value: Value) => T): T | null => {
    const value = attributeOf(term, key);
    return value === null ? null : read(value);
  };
  const text = (value: Value): string => readText(reader, value);
  const model = term.value === null ? null : readModel(reader, term.value, kind);
  const id = given("id", (value) => readId(reader, value));
  const code = given("class", (value) => readClass(reader, value));
  if (model === null && (id === null || code === null)) {
    throw malformed(reader.text, term.at, `this "${kind}" has no model`, {
      expected: `${kind}:MODEL, or ${kind}(id:10de:2330 class:030200)`,
    });
  }
  return {
    kind,
    model,
    count: timesOf(term),
    id,
    class: code,
    barBytes: given("bars", (value) =>
      value.text === "?" ? "unknown" : splitValue(value, ",").map((bar) => readBytes(reader, bar)),
    ),
    link: readLink(reader, attributeOf(term, "link")),
    driver: given("driver", text),
    hostUse: given("host", (value) => readWord(reader, value, "use by the host", hostUses)),
    group: given("group", text),
    companions:
      given("with", (value) =>
        splitValue(value, ",").map((companion) => readModel(reader, companion, "dev")),
      ) ?? [],
    integrated:
      given("port", (value) => readWord(reader, value, "port setting", ["none"])) !== null,
    name: given("name", text),
    memoryBytes: given("memory", (value) => readBytes(reader, value)),
    rdma: given("rdma", (value) => {
      const word = readWord(reader, value, "answer", ["yes", "no", "?"]);
      return word === "?" ? "unknown" : word === "yes";
    }),
    functions: given("functions", (value) => readParts(reader, value)) ?? [],
    mig: given("mig", (value) => readMig(reader, value)),
  };
}

function readModel(reader: Reader, value: Value, kind: DeviceKind | "switch"): string {
  const known = deviceModels.filter((model) => model.kind === kind).map((model) => model.key);
  const what = kind === "dev" ? "device model" : `${kind} model`;
  return readWord(reader, value, what, known);
}

function readId(reader: Reader, value: Value): { vendor: string; device: string } {
  const match = /^([0-9a-f]{4}):([0-9a-f]{4})$/.exec(value.text);
  if (match !== null) return { vendor: match[1] ?? "", device: match[2] ?? "" };
  throw malformed(reader.text, value.at, `"${value.text}" does not identify a device`, {
    expected: "vendor and device such as 10de:2330",
  });
}

function readClass(reader: Reader, value: Value): string {
  if (/^([0-9a-f]{4}|[0-9a-f]{6})$/.test(value.text)) return value.text;
  throw malformed(reader.text, value.at, `"${value.text}" is not a PCI class`, {
    expected: "four or six hexadecimal digits such as 030200",
  });
}

/** `5x16`: generation and width; `4x8/5x16`: current and maximum; `?` for unknown. */
function readLink(reader: Reader, value: Value | null): PcieLink | "unknown" | null {
  if (value === null) return null;
  const [now, most, excess] = splitValue(value, "/").map(({ text }) => {
    if (text === "?") return { speedGTs: null, width: null };
    const match = /^([1-6?])x(1|2|4|8|12|16|32|\?)$/.exec(text);
    if (match === null) return undefined;
    const [, generation = "", width = ""] = match;
    return {
      speedGTs: generation === "?" ? null : (pcieSpeedsGTs[Number(generation) - 1] ?? null),
      width: width === "?" ? null : Number(width),
    };
  });
  const readable = now !== undefined && excess === undefined;
  if (!readable || (most === undefined && value.text.includes("/"))) {
    throw malformed(reader.text, value.at, `"${value.text}" is not a link`, {
      expected: "generation and width such as 5x16, or current and maximum such as 4x8/5x16",
    });
  }
  const { speedGTs: maxSpeedGTs, width: maxWidth } = most ?? now;
  const parts = [now.speedGTs, now.width, maxSpeedGTs, maxWidth];
  if (parts.every((part) => part === null)) return "unknown";
  return { ...now, maxSpeedGTs, maxWidth };
}
