import type {
  AcceleratorState,
  AcceleratorClock,
} from "@evenkeel/core/evidence/machine-evidence.ts";
import { normalPciAddress } from "@evenkeel/core/topology/pci-address.ts";
import { pcieSpeedsGTs } from "@evenkeel/core/topology/pcie-rate.ts";
import type { PcieLink } from "@evenkeel/core/topology/topology.ts";
import { MiB } from "@evenkeel/core/unit/bytes.ts";

/**
 * The fields of one GPU by their paths, `clocks/sm_clock` in XML or `Clocks/SM` in text, as
 * `nvidia-smi -q` prints them. Both forms say the same things; the paths do not overlap.
 */
export interface GpuFields {
  readonly address: string | null;
  readonly fields: ReadonlyMap<string, string>;
}

type Field = (...paths: readonly string[]) => string | null;

/**
 * The state of a GPU by its fields, of all drivers since 390: a newer driver's name comes first.
 * `N/A` is unknown, except where it means that the product has no such thing: then ECC and MIG are
 * not on, and the fabric's state is `N/A`.
 */
export function stateOf(
  { address, fields }: GpuFields,
  index: number | null,
  driverVersion: string | null,
): AcceleratorState {
  const raw: Field = (...paths) =>
    paths.map((path) => fields.get(path)).find((value) => value !== undefined) ?? null;
  const field: Field = (...paths) =>
    paths.map((path) => fields.get(path)).find((value) => value !== undefined && isTold(value)) ??
    null;
  return {
    address: normalPciAddress(address ?? ""),
    index,
    productName: wordsIn(field("product_name", "Product Name")),
    driverVersion: wordsIn(driverVersion, 64),
    licensed: licensedOf(field),
    persistence: enabled(field("persistence_mode", "Persistence Mode")),
    performanceState:
      /^P\d{1,2}$/.exec(field("performance_state", "Performance State") ?? "")?.[0] ?? null,
    coreClock: clockOf(
      field("clocks/sm_clock", "Clocks/SM", "clocks/graphics_clock", "Clocks/Graphics"),
      field(
        "max_clocks/sm_clock",
        "Max Clocks/SM",
        "max_clocks/graphics_clock",
        "Max Clocks/Graphics",
      ),
      field("applications_clocks/graphics_clock", "Applications Clocks/Graphics"),
    ),
    memoryClock: clockOf(
      field("clocks/mem_clock", "Clocks/Memory"),
      field("max_clocks/mem_clock", "Max Clocks/Memory"),
      field("applications_clocks/mem_clock", "Applications Clocks/Memory"),
    ),
    throttleReasons: reasonsOf(fields),
    power: powerOf(field),
    temperatureC: numberIn(field("temperature/gpu_temp", "Temperature/GPU Current Temp"), "C"),
    utilizationPercent: numberIn(
      field("utilization/gpu_util", "Utilization/Gpu", "Utilization/GPU"),
      "%",
    ),
    eccEnabled: enabledOrNone(raw("ecc_mode/current_ecc", "ECC Mode/Current", "Ecc Mode/Current")),
    retired: retiredOf(field),
    migEnabled: enabledOrNone(raw("mig_mode/current_mig", "MIG Mode/Current")),
    link: linkOf(field),
    bar1Bytes: bytesIn(field("bar1_memory_usage/total", "BAR1 Memory Usage/Total")),
    nvlinks: null,
    fabricState: wordsIn(raw("fabric/state", "Fabric/State"), 64),
    peers: null,
  };
}

/** `[N/A]`, `Unknown Error`, `GPU is lost` and the like are no values. */
function isTold(value: string): boolean {
  return !/^\[?(?:N\/A|Not Supported|Unknown Error|Insufficient .*|GPU is lost|)\]?$/i.test(value);
}

function wordsIn(text: string | null, charsMax = 128): string | null {
  const words = text?.trim().replace(/\s+/g, " ").slice(0, charsMax) ?? "";
  return words === "" || !(isTold(words) || words === "N/A") ? null : words;
}

/**
 * Whether a vGPU has its licence. A whole GPU that is passed through may say `Unlicensed` too, of
 * products for desktops that it is not used as.
 */
function licensedOf(field: Field): boolean | null {
  const mode = field(
    "gpu_virtualization_mode/virtualization_mode",
    "GPU Virtualization Mode/Virtualization Mode",
    "GPU Virtualization Mode/Virtualization mode",
  );
  const status = field(
    "vgpu_software_licensed_product/license_status",
    "grid_licensed_product/license_status",
    "vGPU Software Licensed Product/License Status",
    "GRID Licensed Product/License Status",
  );
  if (mode !== "VGPU" || status === null) return null;
  return /^Licensed\b/.test(status) ? true : /^Unlicensed\b/.test(status) ? false : null;
}

function enabled(mode: string | null): boolean | null {
  return mode === "Enabled" ? true : mode === "Disabled" ? false : null;
}

/** A product without the mode says `N/A`: then it is not on. */
function enabledOrNone(mode: string | null): boolean | null {
  return mode === "N/A" ? false : enabled(mode);
}

/** A number with its unit: `1980 MHz`, `699.52 W`, `97 %`. Old drivers leave the unit out. */
function numberIn(text: string | null, unit: string): number | null {
  const match = /^(\d{1,9}(?:\.\d{1,3})?)(?: ?([A-Za-z%]{1,4}))?$/.exec(text ?? "");
  if (match === null || (match[2] ?? unit) !== unit) return null;
  return Number(match[1]);
}

/** A whole number, as clocks and counts are. */
function countIn(text: string | null, unit: string): number | null {
  const number = numberIn(text, unit);
  return Number.isInteger(number) ? number : null;
}

function clockOf(
  now: string | null,
  max: string | null,
  applications: string | null,
): AcceleratorClock | null {
  const clock = {
    nowMHz: countIn(now, "MHz"),
    maxMHz: countIn(max, "MHz"),
    applicationsMHz: countIn(applications, "MHz"),
  };
  return Object.values(clock).every((value) => value === null) ? null : clock;
}

/** Drivers since 535 have `gpu_power_readings`, earlier ones `power_readings`. */
function powerOf(field: Field): AcceleratorState["power"] {
  const sections = ["gpu_power_readings", "power_readings", "GPU Power Readings", "Power Readings"];
  const watts = (...names: readonly string[]): number | null =>
    numberIn(
      field(...sections.flatMap((section) => names.map((name) => `${section}/${name}`))),
      "W",
    );
  const power = {
    drawWatts: watts(
      "instant_power_draw",
      "power_draw",
      "average_power_draw",
      "Instantaneous Power Draw",
      "Power Draw",
      "Average Power Draw",
    ),
    limitWatts: watts(
      "current_power_limit",
      "enforced_power_limit",
      "power_limit",
      "Current Power Limit",
      "Enforced Power Limit",
      "Power Limit",
    ),
    defaultWatts: watts("default_power_limit", "Default Power Limit"),
    maxWatts: watts("max_power_limit", "Max Power Limit"),
  };
  return Object.values(power).every((value) => value === null) ? null : power;
}

/** More than any driver has. */
const reasonsMax = 32;

/** Reasons by the ends of their names in XML, as the text has them. */
const reasonNames: ReadonlyMap<string, string> = new Map([
  ["gpu_idle", "Idle"],
  ["applications_clocks_setting", "Applications Clocks Setting"],
  ["sw_power_cap", "SW Power Cap"],
  ["hw_slowdown", "HW Slowdown"],
  ["hw_thermal_slowdown", "HW Thermal Slowdown"],
  ["hw_power_brake_slowdown", "HW Power Brake Slowdown"],
  ["sync_boost", "Sync Boost"],
  ["sw_thermal_slowdown", "SW Thermal Slowdown"],
  ["display_clocks_setting", "Display AcceleratorClock Setting"],
  ["display_clock_setting", "Display AcceleratorClock Setting"],
]);

/**
 * The reasons that are active, in the words of the text. Null where the tool has no such section,
 * or says `N/A` to all. Drivers since 530 call it `clocks_event_reasons`, earlier ones
 * `clocks_throttle_reasons`.
 */
function reasonsOf(fields: ReadonlyMap<string, string>): readonly string[] | null {
  const told = [...fields].flatMap(([path, value]) => {
    const name =
      /^clocks_(?:event|throttle)_reasons\/clocks_(?:event|throttle)_reasons?_(\w{1,64})$/.exec(
        path,
      )?.[1] ?? /^Clocks (?:Event|Throttle) Reasons\/(?:.{1,64}\/)?([^/]{1,64})$/.exec(path)?.[1];
    if (name === undefined || !/^(?:Not )?Active$/.test(value)) return [];
    return [{ name: reasonNames.get(name) ?? name, isActive: value === "Active" }];
  });
  if (told.length === 0) return null;
  const active = told.filter(({ isActive }) => isActive).map(({ name }) => name);
  return [...new Set(active)].slice(0, reasonsMax);
}

/**
 * Rows since Ampere, pages before: how many were replaced, and whether more wait for a reset. Null
 * where the product counts neither.
 */
function retiredOf(field: Field): AcceleratorState["retired"] {
  const counts = [
    field("remapped_rows/remapped_row_corr", "Remapped Rows/Correctable Error"),
    field("remapped_rows/remapped_row_unc", "Remapped Rows/Uncorrectable Error"),
    field(
      "retired_pages/multiple_single_bit_retirement/retired_count",
      "Retired Pages/Single Bit ECC",
    ),
    field("retired_pages/double_bit_retirement/retired_count", "Retired Pages/Double Bit ECC"),
  ].flatMap((text) => countIn(text, "") ?? []);
  const pending = [
    field("remapped_rows/remapped_row_pending", "Remapped Rows/Pending"),
    field(
      "retired_pages/pending_retirement",
      "retired_pages/pending_blacklist",
      "Retired Pages/Pending Page Blacklist",
      "Retired Pages/Pending",
    ),
  ].filter((text) => text !== null);
  if (counts.length === 0 && pending.length === 0) return null;
  return {
    count: counts.reduce((all, one) => all + one, 0),
    pending: pending.some((text) => text === "Yes"),
  };
}

function linkOf(field: Field): PcieLink | null {
  const [xml, text] = ["pci/pci_gpu_link_info", "PCI/GPU Link Info"];
  const link = {
    speedGTs: speedOf(field(`${xml}/pcie_gen/current_link_gen`, `${text}/PCIe Generation/Current`)),
    width: lanesOf(field(`${xml}/link_widths/current_link_width`, `${text}/Link Width/Current`)),
    maxSpeedGTs: speedOf(
      field(
        `${xml}/pcie_gen/max_device_link_gen`,
        `${text}/PCIe Generation/Device Max`,
        `${xml}/pcie_gen/max_link_gen`,
        `${text}/PCIe Generation/Max`,
      ),
    ),
    maxWidth: lanesOf(field(`${xml}/link_widths/max_link_width`, `${text}/Link Width/Max`)),
  };
  return Object.values(link).every((value) => value === null) ? null : link;
}

function speedOf(generation: string | null): number | null {
  const number = numberIn(generation, "");
  return number === null ? null : (pcieSpeedsGTs[number - 1] ?? null);
}

function lanesOf(text: string | null): number | null {
  const lanes = countIn(text?.replace(/x$/, "") ?? null, "");
  return lanes !== null && lanes >= 1 && lanes <= 32 ? lanes : null;
}

function bytesIn(text: string | null): number | null {
  const match = /^(\d{1,9}) Mi?B$/.exec(text ?? "");
  return match === null ? null : Number(match[1]) * MiB;
}
