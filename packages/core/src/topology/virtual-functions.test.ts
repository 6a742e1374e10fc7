import { expect, test } from "vitest";
import { acceleratorPatterns, matchingAccelerators, matchingDevices } from "./device-pattern.ts";
import { withInferredParents } from "./inferred-parents.ts";
import { syntheticTopology } from "./synthetic/build.ts";
import type { PciDevice } from "./topology.ts";
import { profilesText, virtualAccelerators, wholeAccelerators } from "./virtual-functions.ts";

const cut = syntheticTopology(
  'core:4 root[gpu:l40s(functions:"2xNVIDIA L40S-24C,5") gpu:mi300x(functions:1) nic:cx7]',
);
const [l40s = "", mi300x = ""] = wholeAccelerators(cut).map(({ address }) => address);

test("whole accelerators and their parts", () => {
  expect(cut.accelerators).toHaveLength(2 + 7 + 1);
  expect([l40s, mi300x]).toEqual(["0000:16:00.0", "0000:17:00.0"]);
  const parts = virtualAccelerators(cut);
  expect([...parts.keys()]).toEqual([l40s, mi300x]);
  // Past the eighth function of a device the next device's follow.
  expect(parts.get(l40s)?.map(({ address }) => address)).toEqual(
    ["00.4", "00.5", "00.6", "00.7", "01.0", "01.1", "01.2"].map((at) => `0000:16:${at}`),
  );
  expect(new Set(parts.get(l40s)?.map(({ model }) => model))).toEqual(new Set(["L40S"]));
  expect(wholeAccelerators({ ...cut, pci: [] })).toHaveLength(10);
});

test("devices that match a pattern are found with their virtual functions, whatever the ids of these", () => {
  const all = cut.accelerators.map(({ address }) => address);

  const odd = cut.pci.map((device) =>
    device.physicalFunction === null ? device : { ...device, vendor: "ffff", class: "ff0000" },
  );
  for (const pci of [cut.pci, odd]) {
    expect(matchingAccelerators(pci, acceleratorPatterns).map(({ address }) => address)).toEqual(
      all,
    );
  }
  expect(matchingDevices(cut.pci, acceleratorPatterns)).toHaveLength(2);
  expect(matchingAccelerators(cut.pci, ["1002:*"])).toHaveLength(2);
});

test("NVIDIA's virtual functions are recognized by their addresses, and nothing else is taken for one", () => {
  const untold = cut.pci.map((device) => ({ ...device, physicalFunction: null }));
  const whole = (pci: readonly PciDevice[], bus: string): (string | null)[] =>
    withInferredParents(pci)
      .filter(({ address, physicalFunction }) => {
        return address.startsWith(`0000:${bus}:`) && physicalFunction !== null;
      })
      .map(({ physicalFunction }) => physicalFunction);
  expect(whole(untold, "16")).toEqual(Array(7).fill(l40s));
  expect(whole(untold, "17")).toEqual([]);
  expect(withInferredParents(cut.pci)).toEqual(cut.pci);
  // Not functions of another parent, nor without the fourth function, nor of other ids.
  const without = untold.filter(({ address }) => address !== "0000:16:00.4");
  expect(whole(without, "16")).toEqual([]);
  const other = untold.map((one) => (one.address === l40s ? { ...one, device: "1eb8" } : one));
  expect(whole(other, "16")).toEqual([]);
});

test("AMD's virtual functions have ids of their own, and two GPUs with one id on a bus stay two", () => {
  const [whole, part] = ["00.0", "02.0"].map((at): PciDevice => {
    const device = cut.pci.find(({ address }) => address === mi300x);
    if (device === undefined) throw new Error("the machine has no MI300X");
    return { ...device, address: `0000:17:${at}` };
  });
  if (whole === undefined || part === undefined) throw new Error("there are two");
  const other = { ...part, device: "74b5" };
  expect(withInferredParents([whole, other])[1]?.physicalFunction).toBe(mi300x);
  expect(withInferredParents([whole, part])[1]?.physicalFunction).toBeNull();
  expect(withInferredParents([other])[0]?.physicalFunction).toBeNull();
});

test("profiles are counted in the order in which they first come", () => {
  const parts = ["b", null, "a", "b", null].map((profile) => ({ profile }));
  expect(profilesText(parts, "unset")).toBe("2 × b, a, 2 unset");
  expect(profilesText([], "unset")).toBe("");
});
