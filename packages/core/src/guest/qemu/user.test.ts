import { expect, test } from "vitest";
import { userArguments } from "./user.ts";

test("QEMU runs as another user by the option of its release", () => {
  const old = ["-runas", "libvirt-qemu"];
  const now = ["-run-with", "user=libvirt-qemu"];
  const tried = ["7.2.22", "9.0.4", "9.1.0", "10.2.1", "11.0", null, "unknown"];
  expect(tried.map((release) => userArguments("libvirt-qemu", release))).toEqual([
    old,
    old,
    now,
    now,
    now,
    old,
    old,
  ]);
});
