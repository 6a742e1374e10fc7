import { type GpuFacts, type MigFacts, nothingKnown } from "./gpu-facts.ts";

/** The GPUs of a query, and what the reader lacks or has no use for. */
export interface QueryText {
  readonly gpus: readonly GpuFacts[];
  readonly missing: readonly string[];
  readonly unused: readonly string[];
}

interface Section {
  readonly indent: number;
  readonly path: string;
}

/**
 * Reads the GPUs in the output of `nvidia-smi -q`. None where the text is something else.
 */
export function gpusInText(lines: readonly string[]): QueryText {
  const { attached, gpus } = fieldsInText(lines);
  const names = new Set(
    [...gpus.values()].flatMap(({ fields }) => [...fields].flatMap(unusedName)),
  );
  return {
    gpus: [...gpus].map(([address, all]) => factsOf(address, all)),
    missing: missingGpus(attached, gpus.size),
    unused: [...names],
  };
}

/** All fields in the output of `nvidia-smi -q`. */
export interface FieldsInText {
  readonly attached: number | null;
  readonly driverVersion: string | null;
  /** By address, in the tool's order. */
  readonly gpus: ReadonlyMap<string, GpuFields>;
}

/**
 * Reads the fields in the output of `nvidia-smi -q`: a line `GPU 00000000:1B:00.0`, and below it
 * fields and sections by indentation, such as `Link Width` in `GPU Link Info` in `PCI`. If a GPU
 * occurs again, as with `--loop`, its first section counts.
 */
export function fieldsInText(lines: readonly string[]): FieldsInText {
  let attached: number | null = null;
  let driverVersion: string | null = null;
  const gpus = new Map<string, GpuFields>();
  let current: GpuFields | null = null;
  let open: Section[] = [];
  for (const line of lines) {
    const plain = line.replace(/^(?:> ?){1,8}/, "").replace(/[\s\\]{1,256}$/, "");
    const start = /^\s{0,16}GPU ([0-9A-Fa-f]{4,8}:[0-9A-Fa-f]{2}:[0-9A-Fa-f]{2}\.[0-7])$/.exec(
      plain,
    );
    if (start !== null) {
      const address = (start[1] ?? "").toLowerCase();
      current = gpus.has(address) ? null : { fields: new Map(), migDevices: [] };
      if (current !== null) gpus.set(address, current);
      open = [];
      continue;
    }
    attached ??= attachedIn(plain);
    driverVersion ??= /^\s{0,16}Driver Version\s{1,64}: ([0-9.]{1,32})$/.exec(plain)?.[1] ?? null;
    const name = /^(\s{0,64})([A-Z][^:]{0,63}?)\s*(?::\s?(.{0,256}))?$/.exec(plain);
    if (current === null || name === null) continue;
    const [, blanks = "", key = "", value] = name;
    open = open.filter(({ indent }) => indent < blanks.length);
    const path = `${open.at(-1)?.path ?? ""}/${key}`;
    if (value === undefined) open.push({ indent: blanks.length, path });
    else addField(current, path, value.trim());
  }
  return { attached, driverVersion, gpus };
}

function attachedIn(line: string): number | null {
  const count = /^\s{0,16}Attached GPUs\s{1,64}: (\d{1,4})$/.exec(line)?.[1];
  return count === undefined ? null : Number(count);
}

/** What a query lacks, which says how many GPUs there are. */
export function missingGpus(attached: number | null, found: number): string[] {
  if (attached === null || attached <= found) return [];
  return [`${attached - found} of its ${attached} GPUs`];
}

/** The fields and sections of which something is read. */
const usedNames: ReadonlySet<string> = new Set([
  "Product Name",
  "GPU UUID",
  "Module ID",
  "GPU Module ID",
  "Platform Info",
  "PCI",
  "FB Memory Usage",
  "Memory Usage",
  "MIG Mode",
  "GPU Virtualization Mode",
  "Addressing Mode",
  "GPU C2C Mode",
  "C2C Mode",
]);

/** The name of a field or section that has a value and is not read. */
function unusedName([path, value]: readonly [string, string]): string[] {
  const name = path.split("/")[1] ?? "";
  return usedNames.has(name) || /^(?:N\/A|None|)$/.test(value) ? [] : [name];
}

/** A GPU's fields by their paths, `/PCI/Device Id`, and those of its MIG devices. */
interface GpuFields {
  readonly fields: Map<string, string>;
  readonly migDevices: Map<string, string>[];
}

/** Each MIG device has its own section `MIG Device`, which begins with its `Index`. */
function addField({ fields, migDevices }: GpuFields, path: string, value: string): void {
  const inner = /^\/MIG Devices?(\/.{1,200})$/.exec(path)?.[1];
  if (inner === "/Index") migDevices.push(new Map());
  const into = inner === undefined ? fields : migDevices.at(-1);
  if (into !== undefined && !into.has(inner ?? path)) into.set(inner ?? path, value);
}

function migFactsOf(fields: ReadonlyMap<string, string>): MigFacts {
  const memory =
    fields.get("/FB Memory Usage/Total") ?? fields.get("/Shared FB Memory Usage/Total");
  return { profile: null, uuid: fields.get("/UUID") ?? null, memory: memory ?? null };
}

function factsOf(address: string, { fields, migDevices }: GpuFields): GpuFacts {
  const field = (...paths: readonly string[]): string | null =>
    paths.map((path) => fields.get(path)).find((value) => value !== undefined && value !== "N/A") ??
    null;
  const link = "/PCI/GPU Link Info";
  return {
    index: null,
    address,
    productName: field("/Product Name"),
    uuid: field("/GPU UUID"),
    moduleId: field("/Module ID", "/GPU Module ID", "/Platform Info/Module Id"),
    pciId: field("/PCI/Device Id"),
    baseClass: field("/PCI/Base Classcode"),
    subClass: field("/PCI/Sub Classcode"),
    memory: field("/FB Memory Usage/Total", "/Memory Usage/Total"),
    generation: field(`${link}/PCIe Generation/Current`),
    maxGeneration: field(`${link}/PCIe Generation/Device Max`, `${link}/PCIe Generation/Max`),
    width: field(`${link}/Link Width/Current`),
    maxWidth: field(`${link}/Link Width/Max`),
    migMode: field("/MIG Mode/Current"),
    virtualization: field(
      "/GPU Virtualization Mode/Virtualization Mode",
      "/GPU Virtualization Mode/Virtualization mode",
    ),
    addressingMode: field("/Addressing Mode"),
    c2cMode: field("/GPU C2C Mode", "/C2C Mode"),
    migDevices: migDevices.map(migFactsOf),
  };
}

/**
 * Reads the GPUs in the output of `nvidia-smi -L`, `GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-…)`, by
 * number in ascending order. MIG devices have lines of their own below their GPU and belong to it.
 */
export function gpusInList(lines: readonly string[]): ReadonlyMap<number, GpuFacts> {
  const found = new Map<number, GpuFacts>();
  let last: number | null = null;
  for (const line of lines) {
    const part = migEntry.exec(line.slice(0, 512));
    const whole = last === null ? undefined : found.get(last);
    if (part !== null && last !== null && whole !== undefined) {
      const [, profile = null, uuid = null] = part;
      const migDevices = [...whole.migDevices, { profile, uuid, memory: null }];
      found.set(last, { ...whole, migDevices });
      continue;
    }
    const match = listEntry.exec(line.slice(0, 512)) ?? nameEntry.exec(line.slice(0, 512));
    // The MIG devices below a repeated GPU are repeated too, so they are skipped.
    if (match !== null) last = null;
    for (const number of (match?.[1] ?? "").split(",").map(Number)) {
      if (match === null || found.has(number)) continue;
      last = number;
      const [, , productName = null, uuid = null] = match;
      found.set(number, { ...nothingKnown, index: number, productName, uuid });
    }
  }
  return new Map([...found].toSorted(([a], [b]) => a - b));
}

/** The form in reports of frameworks, without UUIDs: `GPU 0,1: NVIDIA H100 80GB HBM3`. */
const nameEntry =
  /^\s{0,40}GPU (\d{1,3}(?:,\d{1,3}){0,63}): ((?:NVIDIA|Tesla|Quadro|GeForce) [\w .+-]{1,100})$/;

const listEntry = /(?:^|\s)GPU (\d{1,3}): (.{1,128}?) \(UUID: ([^)]{0,64})\)/;

/** `  MIG 3g.40gb     Device  0: (UUID: MIG-…)` */
const migEntry = /^\s{0,40}MIG (\S{1,40})\s{1,20}Device\s{1,8}\d{1,3}: \(UUID: ([^)]{0,64})\)/;
