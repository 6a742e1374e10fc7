import { guestFromPlan } from "@evenkeel/core/guest/from-plan.ts";
import { libvirtXml } from "@evenkeel/core/guest/libvirt/domain.ts";
import { planOf } from "@evenkeel/core/testing/guest/plan-of.ts";
import { expect, test } from "vitest";
import { memoryTree } from "../../tree/memory-tree.ts";
import { isPinnedLate, withoutEmulatorPin } from "./emulator-pin.ts";

const plan = planOf({ cells: [{ cores: 1 }, { cores: 1 }] });

/** A host whose nodes have these CPUs. */
const host = (...lists: readonly string[]) => {
  const file = (list: string, node: number) =>
    [`/sys/devices/system/node/node${node}/cpulist`, `${list}\n`] as const;
  return memoryTree(new Map(lists.map(file)), new Map(), "test");
};

test("the emulator is pinned late where its CPUs leave out a node with memory and CPUs", () => {
  const keeping = (emulatorCpus: string) => ({ ...plan, emulatorCpus });
  expect(isPinnedLate(keeping("0"), host("0-3", "4-7"))).toBe(true);
  expect(isPinnedLate(keeping("0,4"), host("0-3", "4-7"))).toBe(false);
  // Nothing is allocated on the CPUs of a node that has none, or that nobody knows.
  expect(isPinnedLate(keeping("0"), host("0-3", ""))).toBe(false);
  expect(isPinnedLate(keeping("0"), host("0-3"))).toBe(false);
});

test("a domain without the emulator's pin keeps all else", () => {
  const xml = libvirtXml(guestFromPlan(plan));
  const pin = /^ *<emulatorpin [^\n]*\n/m;
  expect(xml).toMatch(pin);
  expect(withoutEmulatorPin(xml)).toBe(xml.replace(pin, ""));
});
