import { expect, test } from "vitest";
import { defaultHostPolicy, type HostPolicy } from "../request/host-policy.ts";
import { syntheticTopology } from "../topology/synthetic/build.ts";
import { at } from "../unit/list.ts";
import { governedTopology, withheldFunctions } from "./host-state.ts";

/** Two cards, of which the host has one, and two NICs of one kind in one IOMMU group. */
const desktop = syntheticTopology(
  "core:8 memory:32Gi root[gpu:l40s(class:030000 host:display driver:amdgpu with:audio) gpu:l40s(class:030000) " +
    "nic:cx7(host:default-route group:a) nic:cx7(group:a) dev:nvme(host:boot-disk group:b) nic:cx6(group:b)]",
);
const [display = "", card = ""] = desktop.accelerators.map(({ address }) => address);
const [routed = "", sibling = "", besideDisk = ""] = desktop.nics.map(({ address }) => address);
const audio = display.replace(/\.0$/, ".1");
const disk = at(
  desktop.pci.filter(({ hostUse }) => hostUse === "boot-disk"),
  0,
).address;

const policyOf = (fields: Partial<HostPolicy>): HostPolicy => ({ ...defaultHostPolicy, ...fields });

function sold(fields: Partial<HostPolicy> = {}): readonly string[] {
  const { accelerators, nics } = governedTopology(desktop, policyOf(fields));
  return [...accelerators, ...nics].map(({ address }) => address);
}

test("what the host needs is not sold, nor what would take it along", () => {
  expect(sold()).toEqual([card]);
  expect(Object.fromEntries(withheldFunctions(desktop, defaultHostPolicy))).toEqual({
    [display]: "display",
    [audio]: "display",
    [routed]: "default-route",
    [sibling]: "default-route",
    [disk]: "boot-disk",
    [besideDisk]: "boot-disk",
  });
});

test("a policy sells it by naming its address, and only so", () => {
  expect(sold({ accelerators: ["10de:*:0300"] })).toEqual([card]);
  expect(sold({ accelerators: ["10de:*:0300", display] })).toEqual([display, card]);
  expect(sold({ accelerators: [display] })).toEqual([display]);
  // The sibling goes along with the NIC that has the default route, so that one must be named.
  expect(sold({ nics: [sibling] })).toEqual([card]);
  expect(sold({ nics: [routed] })).toEqual([card, routed]);
  expect(sold({ nics: [routed, sibling] })).toEqual([card, routed, sibling]);
});

test("a policy names devices by address, whatever they are", () => {
  expect(sold({ accelerators: [card], nics: [] })).toEqual([card]);
  expect(sold({ accelerators: [disk, besideDisk], nics: [] })).toEqual([disk, besideDisk]);
  const cut = syntheticTopology('core:8 root[nic:cx7 gpu:l40s(functions:"2xNVIDIA L40S-12C")]');
  const part = at(
    cut.pci.filter(({ physicalFunction }) => physicalFunction !== null),
    1,
  ).address;
  const only = governedTopology(cut, policyOf({ accelerators: [part] }));
  expect(only.accelerators.map(({ address, profile }) => [address, profile])).toEqual([
    [part, "NVIDIA L40S-12C"],
  ]);
});

test("what a policy excludes is never sold, nor what would take it along, even if it is named", () => {
  expect(sold({ exclude: [card] })).toEqual([]);
  expect(sold({ accelerators: [display, card], exclude: [audio] })).toEqual([card]);
  expect(sold({ nics: [routed, sibling], exclude: [routed] })).toEqual([card]);
  expect(withheldFunctions(desktop, policyOf({ exclude: [routed] })).get(sibling)).toBe("excluded");
});
