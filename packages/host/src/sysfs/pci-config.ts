import type { PciDevice } from "@evenkeel/core/topology/topology.ts";

/**
 * A function's configuration space as sysfs has it: its first 64 bytes for everybody, and for root
 * all 256 of conventional PCI or 4096 of PCI Express. Capabilities are lists in it: the ordinary one
 * begins where byte 0x34 says, the extended one at 0x100.
 *
 * PCI Express Base Specification 6.0, 7.5 to 7.8; include/uapi/linux/pci_regs.h
 */
export type PciControls = Pick<PciDevice, "acsRedirect" | "atsEnabled">;

const headerBytes = 64;
const extendedFrom = 0x100;
const expressCapability = 0x10;
const deviceSerialNumber = 0x03;
const accessControlServices = 0x0d;
const addressTranslationServices = 0x0f;
/** P2P Request Redirect and P2P Completion Redirect in the ACS control register. */
const redirects = 0x0004 | 0x0008;
const atsEnable = 0x8000;

interface Capability {
  readonly id: number;
  readonly at: number;
}

/** What the function's controls say; null where its capabilities could not be read. */
export function pciControls(config: Uint8Array | null): PciControls {
  const capabilities = config === null ? null : extendedCapabilities(config);
  if (config === null || capabilities === null) return { acsRedirect: null, atsEnabled: null };
  const isSet = (id: number, bits: number): boolean | null => {
    const found = capabilities.find((each) => each.id === id);
    if (found === undefined) return false;
    // A file that was cut short may have a capability's head and not its control register.
    return found.at + 8 > config.length ? null : (word(config, found.at + 6) & bits) !== 0;
  };
  return {
    acsRedirect: isSet(accessControlServices, redirects),
    atsEnabled: isSet(addressTranslationServices, atsEnable),
  };
}

/**
 * As much of the configuration space as `pciControls` and the reading of a function's identity need:
 * the header, the heads of the lists, ACS and ATS. All else becomes zeros, such as vital product data
 * and the serial number, which on NICs is their MAC address; that is kept only when asked for. What
 * would be zeros alone at the end is left out.
 */
export function withoutSecrets(config: Uint8Array, withSerials: boolean): Uint8Array {
  const kept = new Uint8Array(config.length);
  // That there is an extended list at all is told by what is behind the first 256 bytes.
  let end = Math.min(config.length, extendedFrom + 4);
  const keep = (from: number, length: number): void => {
    const part = config.subarray(from, from + length);
    kept.set(part, from);
    end = Math.max(end, from + part.length);
  };
  keep(0, headerBytes);
  for (const { at } of ordinaryCapabilities(config)) keep(at, 2);
  for (const { id, at } of extendedCapabilities(config) ?? []) {
    const control = id === accessControlServices || id === addressTranslationServices;
    keep(at, control ? 8 : id === deviceSerialNumber && withSerials ? 12 : 4);
  }
  if (config.length > extendedFrom) keep(extendedFrom, 4);
  return kept.subarray(0, end);
}

/** Two bytes that are known to be there: a view of bytes throws where they are not. */
function word(config: Uint8Array, at: number): number {
  return new DataView(config.buffer, config.byteOffset, config.length).getUint16(at, true);
}

/** The list that bit 4 of the status register announces: an id and the place of the next each. */
function ordinaryCapabilities(config: Uint8Array): Capability[] {
  const found: Capability[] = [];
  if (config.length <= headerBytes || (word(config, 6) & 0x10) === 0) return found;
  // There is room for 48 of them: what goes on longer runs in a circle.
  let at = word(config, 0x34) & 0xfc;
  while (at >= headerBytes && at + 2 <= config.length && found.length < 48) {
    const head = word(config, at);
    const id = head & 0xff;
    if (id === 0xff) break;
    found.push({ id, at });
    at = (head >> 8) & 0xfc;
  }
  return found;
}

/**
 * The extended list: 16 bits of id, 4 of version, 12 of the next's place. A function that is not of
 * PCI Express has none. Null where it was not to be read: of the header alone nothing follows, and
 * 256 bytes of an Express function are all that a kernel without access to the others shows.
 */
function extendedCapabilities(config: Uint8Array): Capability[] | null {
  if (config.length < extendedFrom) return null;
  const isExpress = ordinaryCapabilities(config).some(({ id }) => id === expressCapability);
  if (config.length < extendedFrom + 4) return isExpress || answersNot(config, 0) ? null : [];
  if (answersNot(config, 0) && answersNot(config, extendedFrom)) return null;
  if (answersNot(config, extendedFrom)) return isExpress ? null : [];
  const found: Capability[] = [];
  let at = extendedFrom;
  while (at >= extendedFrom && at + 4 <= config.length && found.length < 960) {
    const [id, rest] = [word(config, at), word(config, at + 2)];
    if (id === 0 && rest === 0) break;
    found.push({ id, at });
    at = (rest >> 4) & ~3;
  }
  return found;
}

/** What does not answer reads as ones. */
function answersNot(config: Uint8Array, at: number): boolean {
  return word(config, at) === 0xffff && word(config, at + 2) === 0xffff;
}
