import { type GpuFacts, nothingKnown } from "./gpu-facts.ts";

/** The GPUs of a query, and the fields that the reader has no use for. */
export interface GpuQuery {
  readonly gpus: readonly GpuFacts[];
  readonly unused: readonly string[];
}

/** A field that is a text in `GpuFacts`. */
type Fact = Exclude<keyof GpuFacts, "index" | "migDevices">;

/** The fields of `nvidia-smi --help-query-gpu` that are read, by all their names. */
const facts: ReadonlyMap<string, Fact | "index"> = new Map([
  ["index", "index"],
  ["name", "productName"],
  ["gpu_name", "productName"],
  ["uuid", "uuid"],
  ["gpu_uuid", "uuid"],
  ["pci.bus_id", "address"],
  ["gpu_bus_id", "address"],
  ["pci.device_id", "pciId"],
  ["pci.base_class", "baseClass"],
  ["pci.sub_class", "subClass"],
  ["memory.total", "memory"],
  ["pcie.link.gen.current", "generation"],
  ["pcie.link.gen.gpucurrent", "generation"],
  ["pcie.link.gen.max", "maxGeneration"],
  ["pcie.link.gen.gpumax", "maxGeneration"],
  ["pcie.link.width.current", "width"],
  ["pcie.link.width.max", "maxWidth"],
  ["mig.mode.current", "migMode"],
  ["addressing_mode", "addressingMode"],
  ["c2c.mode", "c2cMode"],
  ["gpu_module_id", "moduleId"],
  ["module_id", "moduleId"],
  ["platform.module_id", "moduleId"],
]);

/** More fields than the tool has. */
const fieldsMax = 512;

/**
 * Reads what `nvidia-smi --query-gpu=… --format=csv` prints. The names of the fields are in the
 * first line, in units as in `memory.total [MiB]`, or, with `noheader`, in the command before it.
 * Rows of which neither is known give what shows by its form: address, UUID and name. None where
 * the text is something else.
 */
export function gpusInCsv(lines: readonly string[]): GpuQuery {
  const gpus = new Map<string, GpuFacts>();
  const unused = new Set<string>();
  let fields: readonly string[] | null = null;
  for (const line of lines) {
    if (!line.includes(",") && !line.includes("--query-gpu")) continue;
    const asked = /--query-gpu[= ]["']?([\w.,]{1,4096})/.exec(line)?.[1];
    const cells = (asked ?? line).split(",", fieldsMax).map((cell) => cell.trim());
    if (asked !== undefined || isHeader(cells)) {
      fields = cells.map((cell) => cell.toLowerCase());
      continue;
    }
    const gpu =
      fields === null || cells.length !== fields.length ? byForm(cells) : byName(cells, fields);
    if (gpu === null) continue;
    for (const name of (fields ?? []).map(bareName)) if (!facts.has(name)) unused.add(name);
    const key = gpu.uuid ?? gpu.address ?? `${gpu.index ?? gpus.size}`;
    if (!gpus.has(key)) gpus.set(key, gpu);
  }
  return { gpus: [...gpus.values()], unused: [...unused] };
}

/** Whether the cells are the names of at least two fields that are read. */
function isHeader(cells: readonly string[]): boolean {
  const isName = (cell: string): boolean => /^[a-z][\w.]{0,80}(?: \[[\w%]{1,8}\])?$/i.test(cell);
  return cells.every(isName) && cells.filter((cell) => facts.has(bareName(cell))).length >= 2;
}

/** `memory.total [MiB]` without its unit. */
function bareName(cell: string): string {
  return cell.replace(/ \[[^\]]{0,16}\]$/, "").toLowerCase();
}

function byName(cells: readonly string[], fields: readonly string[]): GpuFacts | null {
  let gpu = nothingKnown;
  let known = 0;
  for (const [i, field] of fields.entries()) {
    const value = cells[i] ?? "";
    const fact = facts.get(bareName(field));
    if (fact === undefined || /^(?:|\[?(?:N\/A|Not Supported|Unknown Error)\]?)$/i.test(value))
      continue;
    known++;
    if (fact === "index") gpu = { ...gpu, index: /^\d{1,3}$/.test(value) ? Number(value) : null };
    // Without units the number is in the unit of the header: MiB.
    else if (fact === "memory")
      gpu = { ...gpu, memory: /^\d{1,9}$/.test(value) ? `${value} MiB` : value };
    else if (gpu[fact] === null) gpu = { ...gpu, [fact]: value };
  }
  return known > 0 && (isOfGpu(cells) || gpu.index !== null || gpu.productName !== null)
    ? gpu
    : null;
}

/** A row without names: what can be nothing else. */
function byForm(cells: readonly string[]): GpuFacts | null {
  if (cells.length < 2 || !isOfGpu(cells)) return null;
  const address = cells.find((cell) => busId.test(cell)) ?? null;
  const uuid = cells.find((cell) => gpuUuid.test(cell)) ?? null;
  const productName =
    cells.find((cell) => /^(?:NVIDIA|Tesla|Quadro|GeForce|GRID) [\w .+-]{1,100}$/.test(cell)) ??
    null;
  return { ...nothingKnown, address, uuid, productName };
}

const busId = /^[0-9A-F]{8}:[0-9A-F]{2}:[0-9A-F]{2}\.[0-7]$/i;
const gpuUuid = /^GPU-[0-9a-fA-FxX-]{36}$/;

function isOfGpu(cells: readonly string[]): boolean {
  return cells.some((cell) => busId.test(cell) || gpuUuid.test(cell));
}
