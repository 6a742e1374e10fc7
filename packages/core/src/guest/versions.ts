import { EvenkeelError } from "../error/evenkeel-error.ts";
import { type HypervisorLimits, qemu72 } from "./limits.ts";

/** A release, by its first two numbers: a third changes nothing that a guest is made of. */
export interface Version {
  readonly major: number;
  readonly minor: number;
}

/** The programs that a rendering is for. */
export interface HypervisorVersions {
  readonly libvirt: Version;
  readonly qemu: Version;
}

/** The default releases: Debian 12's, which the tests run. */
export const defaultVersions: HypervisorVersions = {
  libvirt: { major: 9, minor: 0 },
  qemu: { major: 7, minor: 2 },
};

/**
 * The releases that are known, the least that renderings need first: by major number the minor ones
 * from and to. libvirt releases eleven times a year, QEMU three times.
 */
const releases: Readonly<
  Record<keyof HypervisorVersions, ReadonlyMap<number, readonly [from: number, to: number]>>
> = {
  libvirt: new Map([
    [9, [0, 10]],
    [10, [0, 10]],
    [11, [0, 10]],
    [12, [0, 10]],
  ]),
  qemu: new Map([
    [7, [2, 2]],
    [8, [0, 2]],
    [9, [0, 2]],
    [10, [0, 2]],
    [11, [0, 0]],
  ]),
};

const form = /^(libvirt|qemu)=(\d{1,3})\.(\d{1,3})(?:\.\d{1,3})?$/;

/**
 * Versions as they are written, `libvirt=9.0,qemu=7.2`, either of which may be left out.
 *
 * Errors: `usage` for what is no version, or of a release that is not known: whatever it can or
 * cannot do would be a guess.
 */
export function parseVersions(text: string): HypervisorVersions {
  const given = new Map<string, Version>();
  for (const part of text.split(",")) {
    const [, program = "", major, minor] = form.exec(part.trim()) ?? [];
    if (program !== "libvirt" && program !== "qemu") throw unknown(`"${part.trim()}"`);
    if (given.has(program)) throw unknown(`${program} twice`);
    const version = { major: Number(major), minor: Number(minor) };
    const [from, to] = releases[program].get(version.major) ?? [1, 0];
    if (version.minor < from || version.minor > to) {
      throw unknown(`${program} ${version.major}.${version.minor}`);
    }
    given.set(program, version);
  }
  return {
    libvirt: given.get("libvirt") ?? defaultVersions.libvirt,
    qemu: given.get("qemu") ?? defaultVersions.qemu,
  };
}

function unknown(what: string): EvenkeelError {
  const known = (program: keyof HypervisorVersions): string =>
    [...releases[program]]
      .map(([major, [from, to]]) => `${major}.${from} to ${major}.${to}`)
      .join(", ");
  return new EvenkeelError("usage", `the limits of ${what} are unknown`, {
    expected: `libvirt=MAJOR.MINOR,qemu=MAJOR.MINOR of libvirt ${known("libvirt")}; QEMU ${known("qemu")}`,
    remedy: "name the release before it, which should have the same limits",
  });
}

/** The release in what a program says of itself, `7.2.22` for example; null if it is none. */
export function versionOf(text: string): Version | null {
  const [, major, minor] = /^(\d{1,3})\.(\d{1,3})(?:\.|$)/.exec(text) ?? [];
  return major === undefined ? null : { major: Number(major), minor: Number(minor) };
}

/** Whether a release is no earlier than another. */
export function isFrom({ major, minor }: Version, fromMajor: number, fromMinor: number): boolean {
  return major > fromMajor || (major === fromMajor && minor >= fromMinor);
}

/**
 * The limits of a guest under these programs, of which only Debian 12's have been tried.
 *
 * - `vcpus` of q35: 1024 from QEMU 8.1 and 4096 from 9.0 (hw/i386/pc_q35.c).
 * - A root port's speeds: 32 and 64 GT/s from QEMU 9.0 (qapi/common.json, PCIELinkSpeed).
 * - The window of `virt` takes `highmem-mmio-size` from QEMU 10.0 (hw/arm/virt.c): several GPUs of
 *   256 GiB in one guest of aarch64 need it.
 *
 * Nothing that is rendered needs a libvirt later than 9.0.
 */
export function limitsFor({ libvirt, qemu }: HypervisorVersions): HypervisorLimits {
  const q35 = isFrom(qemu, 9, 0) ? 4096 : isFrom(qemu, 8, 1) ? 1024 : qemu72.vcpus.x86_64;
  const adjustable = isFrom(qemu, 10, 0);
  const { pciWindow } = qemu72;
  return {
    ...qemu72,
    name: `QEMU ${qemu.major}.${qemu.minor} under libvirt ${libvirt.major}.${libvirt.minor}`,
    vcpus: { ...qemu72.vcpus, x86_64: q35 },
    portSpeedsGTs: portSpeedsOf(qemu),
    pciWindow: { ...pciWindow, aarch64: { ...pciWindow.aarch64, adjustable } },
  };
}

/**
 * The default limits, with the root ports of the release that is there to run the guest; the
 * default's where it is unknown. What else later releases take is not used: the guest that a VM was
 * promised is worked out again from its plan, wherever that is, under the default limits.
 */
export function limitsHere(qemu: Version | null): HypervisorLimits {
  return qemu === null ? qemu72 : { ...qemu72, portSpeedsGTs: portSpeedsOf(qemu) };
}

function portSpeedsOf(qemu: Version): readonly number[] {
  return isFrom(qemu, 9, 0) ? [...qemu72.portSpeedsGTs, 32, 64] : qemu72.portSpeedsGTs;
}
