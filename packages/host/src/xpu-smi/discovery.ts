/** More fields and devices than the tool prints. */
const linesMax = 100_000;

/**
 * The fields that `xpu-smi discovery` and `topology -d` print for each device, by the device's
 * number: in tables, where a value may go on in the next line, or in JSON, whose names are given
 * the tables' form.
 */
export function fieldsInDiscovery(
  text: string,
  lines: readonly string[],
): ReadonlyMap<number, ReadonlyMap<string, string>> {
  const json = inJson(text);
  return json.size > 0 ? json : inTables(lines);
}

function inTables(lines: readonly string[]): ReadonlyMap<number, Map<string, string>> {
  const found = new Map<number, Map<string, string>>();
  let current: Map<string, string> | null = null;
  let last: string | null = null;
  for (const line of lines.slice(0, linesMax)) {
    const row =
      /^[ \t]{0,16}\|[ \t]{0,4}(\d{1,3})?[ \t]{1,12}\|[ \t]{1,4}(\S.{0,200}?)[ \t]{0,100}\|?$/.exec(
        line,
      );
    if (row === null) {
      last = null;
      continue;
    }
    const [, number, content = ""] = row;
    if (number !== undefined) {
      const index = Number(number);
      current = found.get(index) ?? new Map();
      found.set(index, current);
    }
    const [, name, value = ""] = /^([A-Z][\w /-]{0,60}): {0,4}(.{0,200})$/.exec(content) ?? [];
    if (current === null) continue;
    if (name !== undefined) {
      if (!current.has(name)) current.set(name, value);
      last = name;
    } else if (last !== null) {
      // A long list of CPUs goes on in the next line.
      current.set(last, `${current.get(last) ?? ""}${content}`.slice(0, valueMax));
    }
  }
  return found;
}

/** Longer than the list of the largest machine's CPUs. */
const valueMax = 8192;

/** The names in JSON, and in the tables. */
const jsonNames: ReadonlyMap<string, string> = new Map([
  ["device_name", "Device Name"],
  ["uuid", "UUID"],
  ["pci_bdf_address", "PCI BDF Address"],
  ["pci_device_id", "PCI Device ID"],
  ["memory_physical_size_byte", "Memory Physical Size"],
  ["pcie_generation", "PCIe Generation"],
  ["pcie_max_link_width", "PCIe Max Link Width"],
  ["local_cpu_list", "Local CPU List"],
  ["affinity_localcpulist", "Local CPU List"],
]);

function inJson(text: string): ReadonlyMap<number, Map<string, string>> {
  const found = new Map<number, Map<string, string>>();
  const start = text.indexOf("{");
  if (start < 0 || !text.includes('"device_id"')) return found;
  let value: unknown;
  try {
    value = JSON.parse(text.slice(start, text.lastIndexOf("}") + 1));
  } catch {
    return found;
  }
  const list = fieldsOf(value).get("device_list");
  for (const device of Array.isArray(list) ? list.slice(0, linesMax) : [value]) {
    const fields = fieldsOf(device);
    const index = fields.get("device_id");
    if (typeof index !== "number" || !Number.isInteger(index) || index < 0 || index > 999) continue;
    const own = new Map<string, string>();
    for (const [key, inner] of fields) {
      const name = jsonNames.get(key);
      const shown = typeof inner === "string" || typeof inner === "number" ? `${inner}` : null;
      if (shown !== null && shown !== "" && key !== "device_id")
        own.set(name ?? key, shown.slice(0, valueMax));
    }
    found.set(index, own);
  }
  return found;
}

function fieldsOf(value: unknown): ReadonlyMap<string, unknown> {
  return new Map(typeof value === "object" && value !== null ? Object.entries(value) : []);
}
