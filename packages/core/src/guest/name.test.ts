import * as fc from "fast-check";
import { expect, test } from "vitest";
import { guestName, guestUuid, isVmCalled } from "./name.ts";

test("a VM is called by its own name, behind its tenant's where it has one", () => {
  expect(guestName("llm-a", null)).toBe("llm-a");
  expect(guestName("llm-a", "acme")).toBe("acme_llm-a");
});

test.each([
  ["", "is empty"],
  ["a/b", 'contains "/" or "_"'],
  ["a_b", 'contains "/" or "_"'],
  ["..", "begins with a hyphen, a dot or a space"],
  ["-rf", "begins with a hyphen, a dot or a space"],
  ["a ", "ends in a space"],
  ["a\nb", "contains a control or formatting character"],
  ["a\u202eb", "contains a control or formatting character"],
  ["a\ud800", "contains a control or formatting character"],
  ["x".repeat(201), "is 201 bytes long"],
  ["ü".repeat(101), "is 202 bytes long"],
])("%j is refused as a name", (name, reason) => {
  expect(() => guestName(name, null)).toThrow(reason);
  expect(() => guestName("vm", name)).toThrow(name.length > 100 ? "bytes long" : reason);
});

const name = fc.stringMatching(/^[a-z0-9]([a-z0-9.-]{0,20}[a-z0-9])?$/);
const identity = fc.tuple(name, fc.option(name));

test("different VMs have different names and UUIDs, and every VM always the same", () => {
  fc.assert(
    fc.property(identity, identity, ([vm, tenant], [otherVm, otherTenant]) => {
      const same = vm === otherVm && tenant === otherTenant;
      expect(guestName(vm, tenant) === guestName(otherVm, otherTenant)).toBe(same);
      expect(guestUuid(vm, tenant) === guestUuid(otherVm, otherTenant)).toBe(same);
    }),
  );
});

test("a UUID is one of RFC 9562, version 8", () => {
  fc.assert(
    fc.property(identity, ([vm, tenant]) => {
      const form = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
      expect(guestUuid(vm, tenant)).toMatch(form);
    }),
  );
});

test("a UUID never changes with the version of Evenkeel", () => {
  expect(guestUuid("llm-a", "acme")).toMatchInlineSnapshot(
    `"8988f4f8-dd4f-807a-8932-1aaa5e2e3b71"`,
  );
});

test("a VM answers to its own name, to that behind its tenant's, and to its UUID", () => {
  const one = { vm: "llm-a", tenant: "acme" };
  const uuid = guestUuid(one.vm, one.tenant);
  const names = ["llm-a", guestName(one.vm, one.tenant), uuid, uuid.toUpperCase()];
  expect(names.filter((other) => isVmCalled(other, one))).toEqual(names);
  const others = ["acme", "LLM-A", "llm-b", guestName("llm-a", "other"), guestUuid("llm-a", null)];
  expect(others.filter((other) => isVmCalled(other, one))).toEqual([]);
});
