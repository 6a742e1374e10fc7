import type { PciDevice } from "@evenkeel/core/topology/topology.ts";

/**
 * Reads a function's configuration space from sysfs: the first 64 bytes for everybody; for root all
 * 256 bytes of conventional PCI or 4096 of PCI Express. It contains two lists of capabilities: the
 * ordinary one starts at the offset in byte 0x34, the extended one at 0x100.
 *
 * PCI Express Base Specification 6.0, 7.5 to 7.8; include/uapi/linux/pci_regs.h
 */
export type PciControls = Pick<PciDevice, "acsRedirect" | "atsEnabled">;

/**
 * What a function's configuration space tells of the function alone; null where it was not read.
 */
export interface OwnControls {
  /** Whether it may order its writes freely; null for a function without PCI Express. */
  readonly relaxedOrdering: boolean | null;
  /** The largest size of each BAR that can be resized; empty where none can. */
  readonly barMaxBytes: readonly number[] | null;
  /** How much it may ask for in one read; null for a function without PCI Express. */
  readonly maxReadBytes: number | null;
}

const headerBytes = 64;
const extendedFrom = 0x100;
const expressCapability = 0x10;
const deviceSerialNumber = 0x03;
const accessControlServices = 0x0d;
const addressTranslationServices = 0x0f;
const resizableBar = 0x15;
/** The place of the Device Control register in the capability of PCI Express. */
const deviceControl = 8;
const relaxedOrderingEnable = 0x0010;
/** P2P Request Redirect and P2P Completion Redirect in the ACS control register. */
const redirects = 0x0004 | 0x0008;
const atsEnable = 0x8000;

interface Capability {
  readonly id: number;
  readonly at: number;
}

/** The function's ACS and ATS controls; null where its capabilities could not be read. */
export function pciControls(config: Uint8Array | null): PciControls {
  const capabilities = config === null ? null : extendedCapabilities(config);
  if (config === null || capabilities === null) return { acsRedirect: null, atsEnabled: null };
  const isSet = (id: number, bits: number): boolean | null => {
    const found = capabilities.find((each) => each.id === id);
    if (found === undefined) return false;
    // A file that was cut short may hold a capability's head without its control register.
    return found.at + 8 > config.length ? null : (word(config, found.at + 6) & bits) !== 0;
  };
  return {
    acsRedirect: isSet(accessControlServices, redirects),
    atsEnabled: isSet(addressTranslationServices, atsEnable),
  };
}

/** The function's device control, and the sizes that its BARs can have. */
export function ownControls(config: Uint8Array | null): OwnControls {
  if (config === null) return { relaxedOrdering: null, barMaxBytes: null, maxReadBytes: null };
  const express = ordinaryCapabilities(config).find(({ id }) => id === expressCapability);
  const control = express === undefined ? Infinity : express.at + deviceControl;
  const extended = extendedCapabilities(config);
  const resizable = extended?.find(({ id }) => id === resizableBar);
  const controls = control + 2 > config.length ? null : word(config, control);
  return {
    relaxedOrdering: controls === null ? null : (controls & relaxedOrderingEnable) !== 0,
    maxReadBytes: controls === null ? null : readRequestBytes(controls),
    barMaxBytes:
      extended === null
        ? null
        : resizable === undefined
          ? []
          : resizableSizes(config, resizable.at),
  };
}

/** Bits 12 to 14 of the device control: 128 bytes for 0, 4096 for 5; more is reserved. */
function readRequestBytes(controls: number): number | null {
  const code = (controls >> 12) & 0x7;
  return code > 5 ? null : 128 << code;
}

/**
 * For each BAR a register of the sizes that it can have, from bit 4 for 1 MiB to bit 31 for 128
 * TiB, and one of its control, whose upper half has larger ones. The first control register counts
 * the BARs. Null where the file ends before.
 */
function resizableSizes(config: Uint8Array, at: number): readonly number[] | null {
  const bars = resizableBars(config, at);
  if (bars === null || at + 4 + bars * 8 > config.length) return null;
  return Array.from({ length: bars }, (_, i) => {
    const able = at + 4 + i * 8;
    const low = highestBit(word(config, able) >> 4);
    const middle = highestBit(word(config, able + 2));
    const high = highestBit(word(config, able + 6));
    const megabytes = high >= 0 ? 28 + high : middle >= 0 ? 12 + middle : low;
    return megabytes < 0 ? 0 : 2 ** (20 + megabytes);
  });
}

/** How many BARs the capability has registers of; null where it does not say, or says nonsense. */
function resizableBars(config: Uint8Array, at: number): number | null {
  if (at + 12 > config.length) return null;
  const bars = (word(config, at + 8) >> 5) & 0x7;
  return bars >= 1 && bars <= 6 ? bars : null;
}

/** The position of the highest bit that is set; -1 where none is. */
function highestBit(bits: number): number {
  return 31 - Math.clz32(bits);
}

/**
 * Keeps only the parts of the configuration space that `pciControls`, `ownControls` and a
 * function's identity need: the header, the heads of the lists, ACS, ATS, the device control and
 * the sizes of BARs. Everything else becomes zeros, such as vital product data and the serial
 * number, which on NICs is their MAC address; the serial number is kept on request. Zeros at the
 * end are cut off.
 */
export function withoutSecrets(config: Uint8Array, withSerials: boolean): Uint8Array {
  const kept = new Uint8Array(config.length);
  // The bytes behind the first 256 show that an extended list exists, so they are kept.
  let end = Math.min(config.length, extendedFrom + 4);
  const keep = (from: number, length: number): void => {
    const part = config.subarray(from, from + length);
    kept.set(part, from);
    end = Math.max(end, from + part.length);
  };
  keep(0, headerBytes);
  for (const { id, at } of ordinaryCapabilities(config)) {
    keep(at, 2);
    if (id === expressCapability) keep(at + deviceControl, 2);
  }
  for (const { id, at } of extendedCapabilities(config) ?? []) {
    const control = id === accessControlServices || id === addressTranslationServices;
    const serial = id === deviceSerialNumber && withSerials;
    keep(at, control ? 8 : serial ? 12 : 4);
    const bars = id === resizableBar ? resizableBars(config, at) : null;
    if (bars !== null) keep(at, 4 + bars * 8);
  }
  if (config.length > extendedFrom) keep(extendedFrom, 4);
  return kept.subarray(0, end);
}

/** Two bytes at an offset that exists; the view throws otherwise. */
function word(config: Uint8Array, at: number): number {
  return new DataView(config.buffer, config.byteOffset, config.length).getUint16(at, true);
}

/**
 * The ordinary list, if bit 4 of the status register is set: each entry has an id and the next
 * offset.
 */
function ordinaryCapabilities(config: Uint8Array): Capability[] {
  const found: Capability[] = [];
  if (config.length <= headerBytes || (word(config, 6) & 0x10) === 0) return found;
  // There is room for 48; a longer list is a loop.
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
 * The extended list: 16 bits of id, 4 of version, 12 of the next offset. A function without PCI
 * Express has none. Null where it could not be read: the file has only the header, or only the 256
 * bytes that a kernel without access to the rest shows of a PCI Express function.
 */
function extendedCapabilities(config: Uint8Array): Capability[] | null {
  if (config.length < extendedFrom) return null;
  const isExpress = ordinaryCapabilities(config).some(({ id }) => id === expressCapability);
  if (config.length < extendedFrom + 4) return isExpress || isAllOnes(config, 0) ? null : [];
  if (isAllOnes(config, 0) && isAllOnes(config, extendedFrom)) return null;
  if (isAllOnes(config, extendedFrom)) return isExpress ? null : [];
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

/** A function that does not answer reads as all ones. */
function isAllOnes(config: Uint8Array, at: number): boolean {
  return word(config, at) === 0xffff && word(config, at + 2) === 0xffff;
}
