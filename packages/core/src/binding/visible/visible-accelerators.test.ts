import { expect, test } from "vitest";
import { catalogMachine } from "../../topology/catalog/catalog.ts";
import { syntheticTopology } from "../../topology/synthetic/build.ts";
import type { Topology } from "../../topology/topology.ts";
import { at } from "../../unit/list.ts";
import type { AcceleratorFacts } from "./seen.ts";
import type { Variables } from "./variables.ts";
import { visibleAccelerators } from "./visible-accelerators.ts";

/** Which accelerators a command sees, by the variables that its libraries read. */

const machine = catalogMachine("hgx-h100");
if (machine === null) throw new Error("the catalog has it");
const uuids = machine.accelerators.map((_, i) => `GPU-${i}a2b3c4d-0000-1111-2222-33334444555${i}`);
const hgx: Topology = {
  ...machine,
  accelerators: machine.accelerators.map((one, i) => ({ ...one, uuid: at(uuids, i) })),
};
const all = hgx.accelerators.map(({ address }) => address);

function seen(variables: Variables, more: Partial<AcceleratorFacts> = {}) {
  const facts = { topology: hgx, usable: new Set(all), rocmOrder: null, ...more };
  const { addresses, unclear } = visibleAccelerators(facts, variables);
  const positions = addresses.map((address) =>
    facts.topology.accelerators.findIndex((one) => one.address === address),
  );
  return unclear === null ? positions : `${unclear.of}: ${unclear.why}`;
}

const cuda = (value: string, more: Variables = {}): Variables => ({
  CUDA_VISIBLE_DEVICES: value,
  ...more,
});

test.each([
  ["without a variable all", {}, [0, 1, 2, 3, 4, 5, 6, 7]],
  ["numbers, in their order", cuda("3,1"), [3, 1]],
  ["numbers with blanks", cuda(" 2 , 5"), [2, 5]],
  ["nothing", cuda(""), []],
  ["a word that is no device", cuda("NoDevFiles"), []],
  ["-1 ends the list", cuda("4,-1,2"), [4]],
  ["a number that no device has ends the list", cuda("1,8,2"), [1]],
  ["a word ends the list", cuda("6,x,2"), [6]],
  ["a UUID", cuda(at(uuids, 5)), [5]],
  ["UUIDs in capitals", cuda(at(uuids, 5).toUpperCase()), [5]],
  ["the beginning of a UUID", cuda("GPU-7a2b"), [7]],
  ["a UUID that nothing has ends the list", cuda(`${at(uuids, 2)},GPU-ffff,${at(uuids, 3)}`), [2]],
  ["MIG by the older form", cuda(`MIG-${at(uuids, 4)}/1/0`), [4]],
  [
    "two parts of one GPU are one GPU",
    cuda(`MIG-${at(uuids, 4)}/1/0,MIG-${at(uuids, 4)}/2/0`),
    [4],
  ],
  ["HIP's variable is nothing to CUDA", { HIP_VISIBLE_DEVICES: "0" }, [0, 1, 2, 3, 4, 5, 6, 7]],
])("CUDA_VISIBLE_DEVICES: %s", (_, variables, positions) => {
  expect(seen(variables)).toEqual(positions);
});

test.each([
  ["a device twice", cuda("1,1"), "members: CUDA_VISIBLE_DEVICES names a device twice"],
  ["numbers and UUIDs", cuda(`0,${at(uuids, 1)}`), "has both numbers and UUIDs"],
  ["an ambiguous beginning", cuda("GPU-"), "the beginning of several UUIDs"],
])("CUDA_VISIBLE_DEVICES is unclear with %s", (_, variables, why) => {
  expect(seen(variables)).toContain(why);
});

test("a UUID is unclear where not all are known, and so is a part where parts are not", () => {
  const bare = { ...hgx, accelerators: machine.accelerators };
  expect(seen(cuda("GPU-1234"), { topology: bare })).toContain("not all UUIDs are known");
  expect(seen(cuda("MIG-1234"))).toContain("not all UUIDs are known");
});

test("a part of a GPU is found by its own UUID", () => {
  const parted = {
    ...hgx,
    accelerators: hgx.accelerators.map((one, i) => ({
      ...one,
      migEnabled: true,
      instances: [{ profile: "1g.10gb", uuid: `MIG-${i}111-22`, memoryBytes: null }],
    })),
  };
  expect(seen(cuda("MIG-6111-22"), { topology: parted })).toEqual([6]);
  expect(seen(cuda("MIG-9999"), { topology: parted })).toEqual([]);
  expect(seen(cuda("1"), { topology: parted })).toContain("MIG mode");
});

const unequal: Topology = {
  ...hgx,
  accelerators: hgx.accelerators.map((one, i) => ({ ...one, model: i < 2 ? "A100" : "H100" })),
};

test("numbers of unequal GPUs mean nothing unless CUDA goes by address", () => {
  expect(seen(cuda("1"), { topology: unequal })).toContain("members: CUDA numbers the fastest");
  expect(seen({}, { topology: unequal })).toContain("order: CUDA numbers the fastest");
  const byAddress = { CUDA_DEVICE_ORDER: "PCI_BUS_ID" };
  expect(seen(cuda("1", byAddress), { topology: unequal })).toEqual([1]);
  expect(seen(cuda("GPU-6"), { topology: unequal })).toEqual([6]);
  const unknown = {
    ...hgx,
    accelerators: hgx.accelerators.map((one) => ({ ...one, model: null, productName: null })),
  };
  expect(seen(cuda("1"), { topology: unknown })).toContain("models of the GPUs are unknown");
});

test("a container numbers what it can open, though it sees all in sysfs", () => {
  const usable = new Set([at(all, 2), at(all, 6)]);
  expect(seen({}, { usable })).toEqual([2, 6]);
  expect(seen(cuda("1"), { usable })).toEqual([6]);
  // What its runtime was asked for is answered already.
  expect(seen({ NVIDIA_VISIBLE_DEVICES: "2,6" }, { usable })).toEqual([2, 6]);
});

test.each([
  ["all", [0, 1, 2, 3, 4, 5, 6, 7]],
  ["void", []],
  ["none", []],
  ["", []],
  ["3,5", [3, 5]],
  ["5,3", [3, 5]],
  ["2:0,2:1", [2]],
  [at(uuids, 7), [7]],
])("NVIDIA_VISIBLE_DEVICES=%s counts where nobody knows what can be opened", (value, positions) => {
  expect(seen({ NVIDIA_VISIBLE_DEVICES: value }, { usable: null })).toEqual(positions);
});

test("CUDA counts within what the runtime has given", () => {
  const both = { NVIDIA_VISIBLE_DEVICES: "4,5,6", CUDA_VISIBLE_DEVICES: "1" };
  expect(seen(both, { usable: null })).toEqual([5]);
});

test("a GPU that a VM has is not seen", () => {
  const given = {
    ...hgx,
    pci: hgx.pci.map((one) => (one.address === all[0] ? { ...one, driver: "vfio-pci" } : one)),
  };
  expect(seen(cuda("0"), { topology: given, usable: null })).toEqual([1]);
});

const amd = catalogMachine("mi300x");
if (amd === null) throw new Error("the catalog has it");
const amds = amd.accelerators.map(({ address }) => address);

test("ROCm numbers GPUs as its driver does, first for the runtime and then for HIP", () => {
  const facts = { topology: amd, usable: new Set(amds), rocmOrder: amds.toReversed() };
  expect(seen({ HIP_VISIBLE_DEVICES: "0,2" }, facts)).toEqual([7, 5]);
  expect(seen({ ROCR_VISIBLE_DEVICES: "4,5", HIP_VISIBLE_DEVICES: "1" }, facts)).toEqual([2]);
  expect(seen({ CUDA_VISIBLE_DEVICES: "0" }, facts)).toEqual([7]);
  const both = { CUDA_VISIBLE_DEVICES: "0", HIP_VISIBLE_DEVICES: "1" };
  expect(seen(both, facts)).toEqual([6]);
  const unknown = { ...facts, rocmOrder: null };
  expect(seen({ HIP_VISIBLE_DEVICES: "0" }, unknown)).toContain("members: the order");
  expect(seen({}, unknown)).toContain("order: the order");
});

test("accelerators of other vendors count by their addresses, and no variable chooses", () => {
  const other = syntheticTopology("package:2 core:4 root*2[gpu:l40s] iommu:on");
  const strange = { ...other, pci: other.pci.map((one) => ({ ...one, vendor: "1234" })) };
  const usable = new Set(strange.accelerators.map(({ address }) => address));
  expect(seen(cuda("1"), { topology: strange, usable })).toEqual(
    usable.size === 4 ? [0, 1, 2, 3] : [0, 1],
  );
});

test("with two vendors the order is unclear", () => {
  const [first = ""] = all;
  const mixed = {
    ...hgx,
    pci: hgx.pci.map((one) => (one.address === first ? { ...one, vendor: "1002" } : one)),
  };
  const order = { topology: mixed, rocmOrder: [first] };
  expect(seen({}, order)).toContain("order: there are accelerators of several vendors");
});
