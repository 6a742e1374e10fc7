import { normalPciAddress } from "@evenkeel/core/topology/pci-address.ts";
import { nodeOrUnknown } from "../text/cpu-list.ts";
import { readDetails } from "./details.ts";
import { busesOfDump, identityOfDump, isHexDump, readHexDump } from "./hex-dump.ts";
import { classOf, idOf, nameOf, readIdentity } from "./identity.ts";
import { type Listed, unlisted } from "./listing.ts";

/** `0000:1b:00.0 ` at the start of a line. */
const slot = /^((?:[0-9a-f]{4,8}:)?[0-9a-f]{2}:[01][0-9a-f]\.[0-7])(?= )/i;

/** Longer than any line: names of vendors and devices have some hundred characters. */
const lineMax = 2048;

/** The usual listing: a line for each function, with indented details below. */
export function readListing(lines: readonly string[]): Listed[] {
  const found: Listed[] = [];
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? "";
    const address = normalPciAddress(slot.exec(line)?.[1] ?? "");
    const identity =
      address === null ? null : readIdentity(line.slice(line.indexOf(" ") + 1, lineMax));
    if (address === null || identity === null) continue;
    const start = i + 1;
    while (/^\s/.test(lines[i + 1] ?? "")) i++;
    const { isVerbose, ...details } = readDetails(lines.slice(start, i + 1));
    const dumpStart = i + 1;
    while (isHexDump(lines[i + 1] ?? "")) i++;
    const bytes = readHexDump(lines.slice(dumpStart, i + 1));
    const dumped = identityOfDump(bytes);
    const { class: code } = identity;
    // With details lspci omits only the programming interface 00.
    const whole = isVerbose && code !== null && code.length === 4 ? `${code}00` : code;
    found.push({
      address,
      ...details,
      name: identity.name,
      class: dumped?.class ?? whole,
      vendor: identity.vendor ?? dumped?.vendor ?? null,
      device: identity.device ?? dumped?.device ?? null,
      buses: details.buses ?? busesOfDump(bytes),
    });
  }
  return found;
}

/** `lspci -mm`: one line per function, with names or codes in quotes. */
export function readQuoted(lines: readonly string[]): Listed[] {
  return lines.flatMap((line): Listed[] => {
    const address = normalPciAddress(slot.exec(line)?.[1] ?? "");
    if (address === null) return [];
    const quoted = [...line.slice(0, lineMax).matchAll(/"((?:[^"\\]|\\.){0,400})"/g)].map(
      ([, text = ""]) => text,
    );
    const [kind, vendor, device] = quoted;
    if (kind === undefined || vendor === undefined || device === undefined) return [];
    const prog = / -p([0-9a-f]{2})(?= |$)/.exec(line)?.[1] ?? "";
    return [{ ...unlisted(address), ...identityOf(kind, vendor, device, prog) }];
  });
}

/** `lspci -vmm`: one line per field, and an empty line after each function. */
export function readFieldRecords(lines: readonly string[]): Listed[] {
  const found: Listed[] = [];
  let fields = new Map<string, string>();
  const finish = (): void => {
    const record = fromFields(fields);
    if (record !== null) found.push(record);
    fields = new Map();
  };
  for (const line of lines) {
    const match = /^([A-Z][A-Za-z]{2,11}):\s+(\S.*)$/.exec(line);
    if (line === "") finish();
    else if (match !== null) {
      const [, label = "", value = ""] = match;
      // The old form labels the address `Device`, before the line of the device itself.
      const isSlot = label === "Device" && !fields.has("Slot") && slot.test(`${value} `);
      const key = isSlot ? "Slot" : label;
      if (!fields.has(key)) fields.set(key, value);
    }
  }
  finish();
  return found;
}

function fromFields(fields: ReadonlyMap<string, string>): Listed | null {
  const address = normalPciAddress(fields.get("Slot") ?? "");
  if (address === null || !fields.has("Class")) return null;
  const number = (name: string): number | null => {
    const text = fields.get(name) ?? "";
    return /^\d{1,6}$/.test(text) ? Number(text) : null;
  };
  const text = (name: string): string => fields.get(name) ?? "";
  const prog = /^[0-9a-f]{2}$/.test(text("ProgIf")) ? text("ProgIf") : "";
  return {
    ...unlisted(address),
    ...identityOf(text("Class"), text("Vendor"), text("Device"), prog),
    node: nodeOrUnknown(number("NUMANode")),
    iommuGroup: number("IOMMUGroup"),
    driver: fields.get("Driver") ?? null,
  };
}

function identityOf(kind: string, vendor: string, device: string, prog: string) {
  const code = classOf(kind);
  const names = [nameOf(vendor), nameOf(device)].filter((name) => name !== null);
  return {
    class: code === null ? null : code + prog,
    vendor: idOf(vendor),
    device: idOf(device),
    name: names.length === 0 ? null : names.join(" "),
  };
}
