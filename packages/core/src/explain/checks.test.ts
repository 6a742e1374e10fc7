import { expect, test } from "vitest";
import { alterations } from "../../testing/explain/altered/alterations.ts";
import { cleanVm } from "../../testing/explain/clean.ts";
import { examine } from "./examine.ts";
import type { Evidence } from "../evidence/evidence.ts";
import { set } from "../../testing/explain/altered/settings.ts";
import { shaped } from "../../testing/explain/altered/guest.ts";
import { onMachine } from "../../testing/explain/clean.ts";

const statesOf = (evidence: ReturnType<typeof cleanVm>): ReadonlyMap<string, string> => {
  const [subject] = examine("twin-host", [evidence]).subjects;
  return new Map((subject?.checks ?? []).map(({ id, state }) => [id, state]));
};

test("every check of the guides has an answer, and what no cause looks at says how to look", () => {
  const [subject] = examine("twin-host", [cleanVm(0)]).subjects;
  expect(subject?.checks.map(({ id }) => id)).toEqual(
    Array.from({ length: 20 }, (_, i) => `P${i + 1}`),
  );
  for (const { state, otherwise, found } of subject?.checks ?? []) {
    expect(state).not.toBe("not as asked");
    if (state === "not looked at") expect(otherwise).not.toBeNull();
    if (state === "in order") expect(found).not.toBeNull();
  }
});

test.each([
  ["P8", "port-link-untrue"],
  ["P14", "link-slow"],
  ["P18", "host-device-near"],
  ["P6", "relaxed-ordering-off"],
])("%s is not as asked where %s is found, and in order without", (id, code) => {
  const altered = alterations.find((one) => one.code === code);
  const clean = cleanVm(0);
  expect(statesOf(clean).get(id)).toBe("in order");
  expect(statesOf(altered?.alter(clean) ?? clean).get(id)).toBe("not as asked");
});

const foundOf = (evidence: Evidence, id: string): readonly (string | null)[] => {
  const [subject] = examine("twin-host", [evidence]).subjects;
  const check = subject?.checks.find((one) => one.id === id);
  return [check?.state ?? null, check?.found ?? null];
};

test("P10 states what the VM, all VMs and the host have", () => {
  expect(foundOf(cleanVm(0), "P10")).toEqual([
    "in order",
    "it has 4 of 16 cores and 16 GiB of 128 GiB; with it 2 VMs have 8 cores and 32 GiB, and the " +
      "host keeps 8 cores and 96 GiB",
  ]);
  const unseen = onMachine(cleanVm(0), () => ({ neighbours: null }));
  expect(foundOf(unseen, "P10")).toEqual(["not looked at", null]);
});

test("P11: a saved state of a VM with devices is not as asked, and no matter without any", () => {
  const saved = shaped(cleanVm(0), { managedSave: true });
  expect(foundOf(cleanVm(0), "P11")[0]).toBe("in order");
  expect(foundOf(saved, "P11")).toEqual(["not as asked", expect.stringContaining("managedsave")]);
  expect(foundOf({ ...saved, devices: [] }, "P11")[0]).toBe("not concerned");
  expect(foundOf(shaped(saved, { managedSave: null }), "P11")[0]).toBe("not looked at");
});

test.each([
  [1, "in order"],
  [0, "not as asked"],
  [2, "not as asked"],
  [null, "not looked at"],
])("P15: Fabric Manager in mode %s is %s for one of two GPUs", (fabricMode, state) => {
  expect(foundOf(set(cleanVm(0), { fabricMode }), "P15")[0]).toBe(state);
});

test("P17 names the driver or the process that holds what is passed on", () => {
  const vm = cleanVm(0);
  const [gpu] = vm.devices;
  const address = gpu?.address ?? "";
  expect(foundOf(vm, "P17")[0]).toBe("in order");
  const sound = { address: address.replace(/0$/, "1"), driver: "snd_hda_intel", bridge: false };
  const grouped = vm.devices.map((one) => ({
    ...one,
    groupMembers: [...(one.groupMembers ?? []), sound],
  }));
  expect(foundOf({ ...vm, devices: grouped }, "P17")).toEqual([
    "not as asked",
    `snd_hda_intel has ${sound.address}`,
  ]);
  const held = onMachine(vm, ({ neighbours }) => ({
    neighbours: (neighbours ?? []).map((one) => ({ ...one, name: "dcgm", devices: [address] })),
  }));
  expect(foundOf(held, "P17")).toEqual(["not as asked", `dcgm has ${address}`]);
  const untold = vm.devices.map((one) => ({ ...one, driver: null }));
  expect(foundOf({ ...vm, devices: untold }, "P17")[0]).toBe("not looked at");
});
