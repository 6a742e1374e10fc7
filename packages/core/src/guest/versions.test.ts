import { expect, test } from "vitest";
import { qemu72 } from "./limits.ts";
import { defaultVersions, limitsFor, limitsHere, parseVersions } from "./versions.ts";

test("versions are read as written, and what is left out is Debian 12's", () => {
  expect(parseVersions("libvirt=12.1,qemu=10.0")).toEqual({
    libvirt: { major: 12, minor: 1 },
    qemu: { major: 10, minor: 0 },
  });
  expect(parseVersions("qemu=8.2.1")).toEqual({
    ...defaultVersions,
    qemu: { major: 8, minor: 2 },
  });
  expect(limitsFor(defaultVersions)).toEqual(qemu72);
});

test.each([
  ["", '""'],
  ["qemu", '"qemu"'],
  ["qemu=", '"qemu="'],
  ["xen=4.17", '"xen=4.17"'],
  ["qemu=6.2", "qemu 6.2"],
  ["qemu=7.1", "qemu 7.1"],
  ["qemu=7.3", "qemu 7.3"],
  ["libvirt=8.10", "libvirt 8.10"],
  ["libvirt=99.0", "libvirt 99.0"],
  ["qemu=8.0,qemu=8.1", "qemu twice"],
])("%j is none that is known", (text, what) => {
  expect(() => parseVersions(text)).toThrow(`the limits of ${what} are unknown`);
});

test("later releases take more", () => {
  const vcpus = ["7.2", "8.0", "8.1", "8.2", "9.0", "10.2"].map(
    (qemu) => limitsFor(parseVersions(`qemu=${qemu}`)).vcpus.x86_64,
  );
  expect(vcpus).toEqual([288, 288, 1024, 1024, 4096, 4096]);
  const windows = ["9.2", "10.0"].map(
    (qemu) => limitsFor(parseVersions(`qemu=${qemu}`)).pciWindow.aarch64.adjustable,
  );
  expect(windows).toEqual([false, true]);
});

test("root ports say 32 and 64 GT/s from QEMU 9.0, also where only the ports are a later one's", () => {
  const fastest = (qemu: string): number | undefined =>
    limitsFor(parseVersions(`qemu=${qemu}`)).portSpeedsGTs.at(-1);
  expect(["7.2", "8.2", "9.0", "10.2"].map(fastest)).toEqual([16, 16, 64, 64]);
  expect(limitsHere(null)).toEqual(qemu72);
  expect(limitsHere({ major: 8, minor: 2 })).toEqual(qemu72);
  expect(limitsHere({ major: 12, minor: 0 })).toEqual({
    ...qemu72,
    portSpeedsGTs: [2.5, 5, 8, 16, 32, 64],
  });
});
