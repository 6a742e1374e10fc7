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

const unequal: Topology = {
  ...hgx,
  accelerators: hgx.accelerators.map((one, i) => ({ ...one, model: i < 2 ? "A100" : "H100" })),
};

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
  ["a number is what an entry begins with", cuda("+1gpu2,2ampere"), [1, 2]],
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

test("of parts of several GPUs older drivers show the first alone", () => {
  const parts = (a: number, b: number) => cuda(`MIG-${at(uuids, a)}/1/0,MIG-${at(uuids, b)}/1/0`);
  expect(seen(parts(4, 5))).toContain("parts of several GPUs");
  expect(seen(parts(4, 4))).toEqual([4]);
  expect(seen(cuda(`MIG-${at(uuids, 4)}/1/0,${at(uuids, 5)}`))).toContain("parts of several GPUs");
});

test("two GPUs of one order, and two of another", () => {
  const two = { ...hgx, accelerators: unequal.accelerators.slice(1, 3) };
  const usable = new Set(two.accelerators.map(({ address }) => address));
  expect(seen(cuda("1"), { topology: two, usable })).toContain("members: CUDA numbers the fastest");
  expect(seen({}, { topology: two, usable })).toContain("order: CUDA numbers the fastest");
});

test("it says which variables chose", () => {
  const facts = { topology: hgx, usable: null, rocmOrder: null };
  const by = (variables: Variables) => visibleAccelerators(facts, variables).chosenBy;
  expect(by({})).toEqual([]);
  expect(by({ NVIDIA_VISIBLE_DEVICES: "all" })).toEqual([]);
  expect(by({ NVIDIA_VISIBLE_DEVICES: "1,2", CUDA_VISIBLE_DEVICES: "0" })).toEqual([
    "NVIDIA_VISIBLE_DEVICES",
    "CUDA_VISIBLE_DEVICES",
  ]);
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
  const unsplit = {
    ...hgx,
    accelerators: hgx.accelerators.map((one) => ({ ...one, migEnabled: false })),
  };
  expect(seen(cuda("MIG-9999"), { topology: unsplit })).toEqual([]);
  expect(seen(cuda("1"), { topology: parted })).toContain("MIG mode");
});

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
  // A model that nobody has a name for yet has a number on the bus.
  expect(seen(cuda("1"), { topology: unknown })).toEqual([1]);
  const withDevice = (of: (place: number) => string | null): Topology => ({
    ...unknown,
    pci: hgx.pci.map((one) => {
      const place = all.indexOf(one.address);
      return place < 0 ? one : { ...one, device: of(place) };
    }),
  });
  const mixed = withDevice((place) => (place === 5 ? "2331" : "2330"));
  expect(seen(cuda("1"), { topology: mixed })).toContain("CUDA numbers the fastest");
  const silent = withDevice(() => null);
  expect(seen(cuda("1"), { topology: silent })).toContain("models of the GPUs are unknown");
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

const rocm = { topology: amd, usable: new Set(amds), rocmOrder: amds };

test.each([
  ["a hexadecimal and an octal number", { ROCR_VISIBLE_DEVICES: "0x3,01, 5" }, [3, 1, 5]],
  ["the runtime ends at a second mention", { ROCR_VISIBLE_DEVICES: "2,3,2,4" }, [2, 3]],
  ["the runtime ends at what is no number", { ROCR_VISIBLE_DEVICES: "2,3x,4" }, [2]],
  ["nothing to the runtime is none", { ROCR_VISIBLE_DEVICES: "" }, []],
  ["HIP leaves a second mention out", { HIP_VISIBLE_DEVICES: "2,3,2,4" }, [2, 3, 4]],
  ["HIP ends at a blank", { HIP_VISIBLE_DEVICES: "2, 3" }, [2]],
  ["HIP ends at a leading zero", { HIP_VISIBLE_DEVICES: "2,03" }, [2]],
  ["nothing to HIP is all", { HIP_VISIBLE_DEVICES: "" }, [0, 1, 2, 3, 4, 5, 6, 7]],
  ["nothing to HIP is CUDA's", { HIP_VISIBLE_DEVICES: "", CUDA_VISIBLE_DEVICES: "6" }, [6]],
  [
    "Slurm's three say the same",
    { ROCR_VISIBLE_DEVICES: "4,5", GPU_DEVICE_ORDINAL: "4,5" },
    [4, 5],
  ],
])("ROCm's lists: %s", (_, variables, positions) => {
  expect(seen(variables, rocm)).toEqual(positions);
});

test("GPU_DEVICE_ORDINAL alone leaves open what HIP sees", () => {
  expect(seen({ GPU_DEVICE_ORDINAL: "4" }, rocm)).toContain("members: GPU_DEVICE_ORDINAL");
  expect(seen({ GPU_DEVICE_ORDINAL: "" }, rocm)).toHaveLength(8);
  expect(seen({ GPU_DEVICE_ORDINAL: "4", HIP_VISIBLE_DEVICES: "3" }, rocm)).toEqual([3]);
  const one = { ...rocm, usable: new Set(amds.slice(0, 1)) };
  expect(seen({ GPU_DEVICE_ORDINAL: "0" }, one)).toEqual([0]);
});

test("UUIDs of ROCm are those that begin with GPU-, of which tools may tell others", () => {
  const named = (uuid: (i: number) => string) => ({
    ...rocm,
    topology: {
      ...amd,
      accelerators: amd.accelerators.map((one, i) => ({ ...one, uuid: uuid(i) })),
    },
  });
  const list = { ROCR_VISIBLE_DEVICES: "6,GPU-aa3" };
  expect(
    seen(
      list,
      named((i) => `GPU-aa${i}`),
    ),
  ).toEqual([6, 3]);
  expect(
    seen(
      list,
      named((i) => `dbff74a1-0000-${i}`),
    ),
  ).toContain("not all UUIDs are known");
});

/** Accelerators as another vendor's, with the numbers of modules. */
function soldBy(vendor: string, modules: readonly number[] = []): Partial<AcceleratorFacts> {
  const topology: Topology = {
    ...hgx,
    pci: hgx.pci.map((one) => (all.includes(one.address) ? { ...one, vendor } : one)),
    accelerators: hgx.accelerators.map((one, i) => ({ ...one, moduleId: modules[i] ?? null })),
  };
  return { topology };
}

const byAddress = { ZE_FLAT_DEVICE_HIERARCHY: "COMPOSITE", ZE_ENABLE_PCI_ID_DEVICE_ORDER: "1" };

test("Level Zero numbers tiles in an order of its own, unless it is told to number GPUs by address", () => {
  const intel = soldBy("8086");
  const mask = { ZE_AFFINITY_MASK: "3,0.1,0.0" };
  expect(seen({}, intel)).toContain("order: Level Zero");
  expect(seen({ ZE_FLAT_DEVICE_HIERARCHY: "COMPOSITE" }, intel)).toContain("order: Level Zero");
  expect(seen({ ZE_ENABLE_PCI_ID_DEVICE_ORDER: "1" }, intel)).toContain("order: Level Zero");
  expect(seen(mask, intel)).toContain("members: Level Zero");
  expect(seen(byAddress, intel)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(seen({ ...byAddress, ...mask }, intel)).toEqual([0, 3]);
  expect(seen({ ...byAddress, ZE_AFFINITY_MASK: "" }, intel)).toHaveLength(8);
  expect(seen({ ...byAddress, ZE_AFFINITY_MASK: "gpu0" }, intel)).toContain("no number");
  expect(seen(mask, { ...intel, usable: new Set(all.slice(5, 6)) })).toEqual([5]);
});

test("Gaudis go to ranks by the number of their module", () => {
  const gaudi = soldBy("1da3", [5, 4, 7, 6, 2, 1, 0, 3]);
  expect(seen({}, gaudi)).toEqual([6, 5, 4, 7, 1, 0, 3, 2]);
  expect(seen({ HABANA_VISIBLE_MODULES: "all" }, gaudi)).toHaveLength(8);
  expect(seen({ HABANA_VISIBLE_MODULES: "0, 7" }, gaudi)).toEqual([6, 2]);
  expect(seen({ HABANA_VISIBLE_MODULES: "0,7", HLS_MODULE_ID: "2" }, gaudi)).toEqual([4]);
  expect(seen({ HABANA_VISIBLE_MODULES: "0,9" }, gaudi)).toContain("members: HABANA_VISIBLE");
  expect(seen({ HLS_MODULE_ID: "9" }, gaudi)).toContain("members: HLS_MODULE_ID");
  expect(seen({}, soldBy("1da3"))).toContain("order: the modules");
  expect(seen({ HLS_MODULE_ID: "2" }, soldBy("1da3"))).toContain("members: the modules");
  expect(seen({}, { ...soldBy("1da3"), usable: new Set(all.slice(2, 3)) })).toEqual([2]);
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
