import { packTar } from "modern-tar";
import { expect, test } from "vitest";
import { startsAsTar } from "./tar-header.ts";
import { sum } from "@evenkeel/core/unit/sum.ts";

test("a tar is recognized by the checksum of its header, even if it is older than ustar", async () => {
  const packed = await packTar([{ header: { name: "sys/x", size: 1, type: "file" }, body: "x" }]);
  expect(startsAsTar(packed)).toBe(true);
  const old = packed.slice();
  const magic = old.subarray(257, 265);
  const lost = sum(magic);
  magic.fill(0);
  expect(startsAsTar(old)).toBe(false);
  const checksum = Number.parseInt(new TextDecoder().decode(old.subarray(148, 154)), 8);
  old.set(new TextEncoder().encode((checksum - lost).toString(8).padStart(6, "0")), 148);
  expect(startsAsTar(old)).toBe(true);
});

test("texts, zeros and short files are not tars", () => {
  expect(startsAsTar(new Uint8Array(1024))).toBe(false);
  expect(startsAsTar(new TextEncoder().encode("{".repeat(600)))).toBe(false);
  expect(startsAsTar(new Uint8Array(10))).toBe(false);
});
