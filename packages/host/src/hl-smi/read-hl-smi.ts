import { firstKnown } from "../text/first-known.ts";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { normalPciAddress } from "@evenkeel/core/topology/pci-address.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { MiB } from "@evenkeel/core/unit/bytes.ts";
import { acceleratorModel } from "../pci-ids/accelerator-models.ts";
import {
  type ListedAccelerator,
  listedTopology,
  unknownAccelerator,
} from "../text/listed-accelerators.ts";
import { ignore, type Note, noteLeftovers } from "../text/note.ts";
import { readLines } from "../text/read-lines.ts";

/** More than any machine has. */
const accelsMax = 256;

/**
 * Reads Intel's Gaudi accelerators from the outputs of `hl-smi`: the table, `-L` and `-q`, `-Q … -f
 * csv`, and `topo -c -N`, also several in one text. The table numbers accelerators by AIP, `topo`
 * by the module's number on the baseboard; only `-L` and `-Q index,module_id` have both. Nodes and
 * the CPUs near them are those of `topo`; how the accelerators reach each other is in none of them.
 * `note` says what the text lacks, and what else it has.
 *
 * Errors: `text-unexpected` where the text lists no accelerator; `topology-inconsistent`;
 * `file-too-large`.
 * https://docs.habana.ai ("System Management Interface Tool")
 */
export function readHlSmi(text: string, where: string, note: Note = ignore): Topology {
  const lines = readLines(text, where);
  const unused = new Set<string>();
  const listed = merged([
    ...inTable(lines, unused),
    ...inList(lines, unused),
    ...inCsv(lines, unused),
  ]);
  const modules = inTopo(lines);
  const all = withModules(listed, modules);
  if (all.length === 0 || all.length > accelsMax) {
    throw new EvenkeelError(
      "text-unexpected",
      all.length === 0 ? "lists no accelerator" : "lists too many accelerators",
      {
        where,
        expected: "the output of hl-smi, hl-smi -L or hl-smi topo -c -N",
      },
    );
  }
  const apart = modules.length > 0 && listed.some(({ moduleId }) => moduleId === null);
  noteLeftovers(note, "hl-smi", where, {
    missing: [
      ...(apart
        ? ["the module number of each accelerator, by which the nodes are listed (hl-smi -L)"]
        : []),
      ...all
        .filter(({ memoryBytes, productName }) => productName !== null && memoryBytes === null)
        .map(({ index, address }) => `the memory of AIP ${index ?? address}`),
    ],
    unused: [...unused],
  });
  return listedTopology(
    {
      source: "hl-smi",
      vendor: "1da3",
      class: "12",
      accelerators: all,
      nodes: modules,
      interconnects: [],
      links: [],
    },
    where,
  );
}

/** `|   0  HL-225              N/A  | 0000:43:00.0     N/A |                   0  |` */
const tableRow =
  /^[\s|]{0,16}(\d{1,3})\s{1,8}(HL-\w{1,16})\s{1,40}\S{1,8}\s{0,8}\|\s{0,8}([0-9a-f]{4,8}:[0-9a-f]{2}:[01][0-9a-f]\.[0-7])\b/i;

function inTable(lines: readonly string[], unused: Set<string>): ListedAccelerator[] {
  const found: ListedAccelerator[] = [];
  let open = false;
  for (const line of lines.map((each) => each.slice(0, 256))) {
    const [, index, name = "", address = ""] = tableRow.exec(line) ?? [];
    const version = /^[\s|]{0,8}Driver Version: {1,60}(\S{1,40})/.exec(line)?.[1];
    if (version !== undefined) unused.add(`the driver's version (${version})`);
    if (index !== undefined) {
      found.push({
        ...unknownAccelerator,
        ...named(name),
        index: Number(index),
        address: normalPciAddress(address),
      });
      open = true;
      continue;
    }
    const memory = /\d{1,9} ?Mi?[bB] {0,4}\/ {0,8}(\d{1,9}) ?Mi?[bB]\b/.exec(line)?.[1];
    const last = found.at(-1);
    if (!open || last === undefined || memory === undefined) continue;
    found[found.length - 1] = { ...last, memoryBytes: Number(memory) * MiB };
    open = false;
  }
  return found;
}

/** The names of products, as far as they are known: HL-205, HL-225, HL-325L, HL-338. */
const models: readonly (readonly [RegExp, string])[] = [
  [/^HL-1/, "Goya"],
  [/^HL-20/, "Gaudi"],
  [/^HL-22/, "Gaudi2"],
  [/^HL-3[23]/, "Gaudi3"],
];

function named(productName: string): Pick<ListedAccelerator, "productName" | "model"> {
  const model = models.find(([pattern]) => pattern.test(productName))?.[1] ?? productName;
  return { productName, model };
}

/** `hl-smi -L`: a line `[0] AIP (accel0) 0000:43:00.0`, and fields below it. */
function inList(lines: readonly string[], unused: Set<string>): ListedAccelerator[] {
  const found: ListedAccelerator[] = [];
  let section = "";
  for (const line of lines) {
    const start =
      /^\s{0,16}\[(\d{1,3})\] AIP (?:\([\w-]{1,32}\) )?([0-9a-f]{4,8}:[0-9a-f]{2}:[01][0-9a-f]\.[0-7])$/i.exec(
        line,
      );
    if (start !== null) {
      found.push({
        ...unknownAccelerator,
        index: Number(start[1]),
        address: normalPciAddress(start[2] ?? ""),
      });
      section = "";
      continue;
    }
    const last = found.at(-1);
    const field = /^\s{1,64}([A-Z][\w [\]().-]{0,60}?)\s{0,64}(?::\s?(.{0,256}))?$/.exec(line);
    if (last === undefined || field === null) continue;
    const [, name = "", value] = field;
    if (value === undefined) {
      section = name;
      continue;
    }
    const next = listField(last, section, name, value.trim());
    if (next !== null) found[found.length - 1] = next;
    else if (!/^(?:N\/A|)$/.test(value.trim())) unused.add(section === "" ? name : section);
  }
  return found;
}

/** The accelerator with one more field; null where the field is not read. */
function listField(
  one: ListedAccelerator,
  section: string,
  name: string,
  value: string,
): ListedAccelerator | null {
  const at = `${section}/${name}`;
  if (name === "Product Name")
    return { ...one, ...named(value), model: one.model ?? named(value).model };
  if (name === "Module ID") return { ...one, moduleId: numberIn(value) };
  if (name === "AIP UUID") return { ...one, uuid: value.slice(0, 128) };
  if (name === "Bus Id") return { ...one, address: normalPciAddress(value) ?? one.address };
  if (name === "Device Id") {
    const device = /^0x1da3([0-9a-f]{4})$/i.exec(value)?.[1]?.toLowerCase() ?? null;
    return { ...one, device, model: acceleratorModel("1da3", device) ?? one.model };
  }
  if (at === "Memory Usage/Total") {
    const memory = /^(\d{1,9}) Mi?B$/i.exec(value)?.[1];
    return { ...one, memoryBytes: memory === undefined ? null : Number(memory) * MiB };
  }
  const link = one.link ?? { speedGTs: null, width: null, maxSpeedGTs: null, maxWidth: null };
  const speed = /^(\d{1,3}(?:\.\d)?)GT\/s$/.exec(value)?.[1];
  const width = /^x(\d{1,2})$/.exec(value)?.[1];
  const amount = Number(speed ?? width);
  if (!(amount > 0)) return null;
  if (at === "Link Speed/Max") return { ...one, link: { ...link, maxSpeedGTs: amount } };
  if (at === "Link Speed/Current") return { ...one, link: { ...link, speedGTs: amount } };
  if (at === "Link Width/Max") return { ...one, link: { ...link, maxWidth: amount } };
  if (at === "Link Width/Current") return { ...one, link: { ...link, width: amount } };
  return null;
}

function numberIn(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,3}$/.test(text) ? Number(text) : null;
}

/** `hl-smi -Q index,module_id,bus_id -f csv`: the names of the fields, and a line for each. */
function inCsv(lines: readonly string[], unused: Set<string>): ListedAccelerator[] {
  const found: ListedAccelerator[] = [];
  let names: readonly string[] | null = null;
  for (const line of lines) {
    const cells = line.split(",", 64).map((cell) => cell.trim());
    if (cells.length < 2) continue;
    if (cells.every((cell) => /^[a-z][\w.]{1,64}(?: \[\w{1,8}\])?$/.test(cell))) {
      names = cells.map((cell) => cell.replace(/ \[\w{1,8}\]$/, ""));
      continue;
    }
    if (names === null || cells.length !== names.length) continue;
    const value = (name: string): string | undefined => cells[(names ?? []).indexOf(name)];
    const memory = /^(\d{1,9})(?: ?Mi?B)?$/.exec(value("memory.total") ?? "")?.[1];
    const name = value("name");
    const one = {
      ...unknownAccelerator,
      ...(name === undefined ? {} : named(name)),
      index: numberIn(value("index")),
      address: normalPciAddress(value("bus_id") ?? ""),
      moduleId: numberIn(value("module_id")),
      uuid: value("uuid")?.slice(0, 128) ?? null,
      memoryBytes: memory === undefined ? null : Number(memory) * MiB,
    };
    if (one.index === null && one.address === null && one.moduleId === null) continue;
    found.push(one);
    const read = new Set(["index", "name", "bus_id", "module_id", "uuid", "memory.total"]);
    for (const each of names) if (!read.has(each)) unused.add(each);
  }
  return found;
}

/** `hl-smi topo -c -N`: module numbers, with CPUs, nodes or both; lists may have blanks in them. */
function inTopo(lines: readonly string[]): ListedAccelerator[] {
  const found: ListedAccelerator[] = [];
  let head: string | null = null;
  for (const line of lines) {
    const text = line.trim();
    if (/^modID\b/i.test(text)) {
      head = text.toLowerCase();
      continue;
    }
    const row = head === null ? null : /^(\d{1,3})\s{1,32}(\d[\d, -]{0,4000})$/.exec(text);
    if (head === null || row === null) continue;
    const [hasCpus, hasNodes] = [head.includes("cpu affinity"), head.includes("numa affinity")];
    const rest = (row[2] ?? "").trim();
    const node = hasNodes ? /(?:^|\s)(\d{1,4})$/.exec(rest)?.[1] : undefined;
    const cpus = !hasCpus ? "" : hasNodes ? rest.replace(/\s{1,64}\d{1,4}$/, "") : rest;
    found.push({
      ...unknownAccelerator,
      moduleId: Number(row[1]),
      node: node === undefined ? null : Number(node),
      cpus: cpus === "" ? null : cpus,
    });
  }
  return found;
}

/** Those with one address, or one number, once. */
function merged(found: readonly ListedAccelerator[]): ListedAccelerator[] {
  const all: ListedAccelerator[] = [];
  for (const one of found) {
    const same = all.findIndex((other) =>
      one.address !== null && other.address !== null
        ? one.address === other.address
        : one.index !== null && one.index === other.index,
    );
    const before = all[same];
    if (before === undefined) all.push(one);
    else all[same] = firstKnown(before, one);
  }
  return all;
}

/**
 * The accelerators with what is known of their modules. Alone, the modules are the accelerators;
 * beside accelerators of unknown modules they tell only of nodes, which then have none.
 */
function withModules(
  listed: readonly ListedAccelerator[],
  modules: readonly ListedAccelerator[],
): readonly ListedAccelerator[] {
  if (listed.length === 0) return modules;
  const byModule = new Map(modules.map((one) => [one.moduleId, one]));
  return listed.map((one) => {
    const own = one.moduleId === null ? undefined : byModule.get(one.moduleId);
    return own === undefined ? one : { ...one, node: own.node, cpus: own.cpus };
  });
}
