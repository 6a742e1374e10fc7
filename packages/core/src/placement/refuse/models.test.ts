import { expect, test } from "vitest";
import { catalogMachine } from "../../topology/catalog/catalog.ts";
import { defaultHostPolicy } from "../../request/host-policy.ts";
import type { Device } from "../inventory/devices.ts";
import { inventoryOf } from "../inventory/inventory.ts";
import { modelMeant, modelsOf } from "./models.ts";

function devicesOf(machine: string): readonly Device[] {
  const topology = catalogMachine(machine);
  if (topology === null) throw new Error(`no ${machine}`);
  return inventoryOf(topology, defaultHostPolicy).devices.accelerators;
}

test("a host's accelerators are told by number and model", () => {
  expect(modelsOf(devicesOf("hgx-h100"))).toBe("8 × H100 SXM5 80GB");
  const unknown = devicesOf("l40s-pcie").map((device) => ({ ...device, model: null }));
  expect(modelsOf(unknown.slice(0, 2))).toBe("2 × GPU of unknown model");
});

test.each([
  ["hgx-h100", "H10O", "H100"],
  ["hgx-h100", "NVIDIA H100 80GB HBM3", "H100"],
  ["hgx-h100", "h100-sxm5", "H100"],
  ["hgx-h100", "H100SXM", "H100 SXM5 80GB"],
  ["hgx-h100", "B200", null],
  ["hgx-h100", "SXM6", null],
  ["hgx-h100", "", null],
  ["hgx-b200", "NVIDIA B200", "B200"],
  ["mi300x", "AMD MI300X OAM", "MI300X"],
  ["mi300x", "MI300", null],
  ["l40s-pcie", "L4OS", "L40S"],
  ["l40s-pcie", "gaudi", null],
])("on %s a request for %j means %j", (machine, wanted, meant) => {
  const devices = devicesOf(machine);
  // What is part of a model's name is no foreign model.
  const isForeign = !devices.some(({ model }) =>
    model?.toLowerCase().includes(wanted.toLowerCase()),
  );
  expect(isForeign ? modelMeant(wanted, devices) : null).toBe(meant);
});
