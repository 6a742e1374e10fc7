import type { PcieLink } from "@evenkeel/core/topology/topology.ts";
import { GiB, KiB, MiB, TiB } from "@evenkeel/core/unit/bytes.ts";
import { nodeOrUnknown } from "../text/cpu-list.ts";
import type { Buses, Listed, VirtualFunctions } from "./listing.ts";

type Details = Omit<Listed, "address" | "class" | "vendor" | "device" | "name"> & {
  /** Whether lspci printed details: then a missing detail does not exist. */
  readonly isVerbose: boolean;
};

/**
 * Reads the indented lines below a function. lspci indents with tabs, and ticket systems turn tabs
 * into blanks. So a line belongs to the function itself if it is indented no deeper than the first;
 * the regions inside a capability, those of virtual functions, are deeper.
 */
export function readDetails(lines: readonly string[]): Details {
  const level = indentOf(lines[0] ?? "");
  const own = lines.filter((line) => indentOf(line) <= level).map((line) => line.trim());
  const all = lines.map((line) => line.trim());
  const after = (among: readonly string[], label: string): string | null =>
    among
      .find((line) => line.startsWith(label))
      ?.slice(label.length)
      .trim() ?? null;
  const isVerbose = own.some((line) => /^(Flags|Control):/.test(line));
  return {
    node: nodeOrUnknown(count(after(own, "NUMA node:"))),
    iommuGroup: count(after(own, "IOMMU group:") ?? after(own, "IOMMU Group:")),
    driver: after(own, "Kernel driver in use:"),
    link: readLink(after(all, "LnkSta:"), after(all, "LnkCap:")),
    barBytes: isVerbose ? readBars(own) : null,
    buses: readBuses(after(own, "Bus:")),
    virtualFunctions: readVirtualFunctions(all),
    ...readControls(own, all),
    isVerbose,
  };
}

/**
 * The control lines of ACS and ATS, `ACSCtl: SrcValid+ TransBlk- ReqRedir+ CmpltRedir+ …`. A
 * missing line means that nothing is redirected or enabled, but only if lspci would have printed
 * it: with `-vv` or more (which prints `Control:`), with permission to read the capabilities, and
 * on PCI Express with the capabilities behind the first 256 bytes, whose offsets have three digits.
 */
function readControls(
  own: readonly string[],
  all: readonly string[],
): Pick<Listed, "acsRedirect" | "atsEnabled"> {
  const line = (label: string): string | null => all.find((each) => each.startsWith(label)) ?? null;
  const acs = line("ACSCtl:");
  const ats = line("ATSCtl:");
  const capabilities = own.filter((each) => each.startsWith("Capabilities:"));
  const isExpress = capabilities.some((each) => / Express /.test(each));
  const extended = capabilities.some((each) => /^Capabilities: \[[0-9a-f]{3} v\d/.test(each));
  const shown =
    own.some((each) => each.startsWith("Control:")) &&
    !capabilities.some((each) => each.includes("<access denied>")) &&
    capabilities.length > 0 &&
    (extended || !isExpress);
  const otherwise = shown ? false : null;
  return {
    acsRedirect: acs === null ? otherwise : /\b(?:ReqRedir|CmpltRedir)\+/.test(acs),
    atsEnabled: ats === null ? otherwise : /\bEnable\+/.test(ats),
  };
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}

function count(text: string | null): number | null {
  return text !== null && /^\d{1,6}$/.test(text) ? Number(text) : null;
}

/**
 * `Speed 2.5GT/s (downgraded), Width x16 (ok)`; in LnkCap the port stands before it and ASPM after
 * it.
 */
function readLink(now: string | null, most: string | null): PcieLink | null {
  const speed = (text: string | null): number | null => {
    const match = /(?:^|, )Speed (\d{1,3}(?:\.\d)?)GT\/s/.exec(text ?? "");
    return match === null ? null : Number(match[1]);
  };
  const width = (text: string | null): number | null => {
    const match = /(?:^|, )Width x(\d{1,2})\b/.exec(text ?? "");
    const lanes = match === null ? null : Number(match[1]);
    return lanes !== null && lanes >= 1 && lanes <= 32 ? lanes : null;
  };
  const link: PcieLink = {
    speedGTs: speed(now),
    width: width(now),
    maxSpeedGTs: speed(most),
    maxWidth: width(most),
  };
  return Object.values(link).every((value) => value === null) ? null : link;
}

const units = new Map([
  ["", 1],
  ["K", KiB],
  ["M", MiB],
  ["G", GiB],
  ["T", TiB],
]);

/**
 * The sizes of the memory regions: `Region 1: Memory at … (64-bit, prefetchable) [size=64G]`, in
 * `lspci -v` without `Region 1:`. Null where one has no size: then lspci read the registers itself,
 * and they do not contain it.
 */
function readBars(own: readonly string[]): readonly number[] | null {
  const sizes: number[] = [];
  for (const line of own) {
    if (!/^(?:Region \d: )?(?:\[virtual\] )?Memory at /.test(line)) continue;
    const [, figure = "", unit = ""] = /\[size=(\d{1,6})([KMGT]?)\]/.exec(line) ?? [];
    const unitBytes = units.get(unit);
    if (figure === "" || unitBytes === undefined) return null;
    sizes.push(Number(figure) * unitBytes);
  }
  return sizes;
}

/** `primary=00, secondary=01, subordinate=05`; zeros where nobody configured the bridge. */
function readBuses(text: string | null): Buses | null {
  const match = /secondary=([0-9a-f]{2}), subordinate=([0-9a-f]{2})/.exec(text ?? "");
  if (match === null) return null;
  const [, first = "", last = ""] = match;
  const [secondary, subordinate] = [parseInt(first, 16), parseInt(last, 16)];
  return secondary === 0 || subordinate < secondary ? null : { secondary, subordinate };
}

/**
 * `Initial VFs: 64, Total VFs: 64, Number of VFs: 4, …` and `VF offset: 2, stride: 1, …` of the
 * SR-IOV capability.
 */
function readVirtualFunctions(all: readonly string[]): VirtualFunctions | null {
  const number = (pattern: RegExp): number => {
    for (const line of all) {
      const match = pattern.exec(line);
      if (match !== null) return Number(match[1]);
    }
    return 0;
  };
  const found = {
    count: number(/Number of VFs: (\d{1,5}),/),
    offset: number(/^VF offset: (\d{1,5}),/),
    stride: number(/^VF offset: \d{1,5}, stride: (\d{1,5}),/),
  };
  return found.count > 0 && found.offset > 0 ? found : null;
}
