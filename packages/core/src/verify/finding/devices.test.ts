import { expect, test } from "vitest";
import { asPlanned } from "../../../testing/evidence/as-planned.ts";
import { planOf } from "../../../testing/guest/plan-of.ts";
import { sharedRemedies } from "../../remedy/remedy.ts";
import { verify } from "../verify.ts";

const addresses = ["0000:0b:00.0", "0000:0c:00.0", "0000:0d:00.0"];
const plan = planOf({
  cells: [{ cores: 1, devices: addresses.map((address) => ({ address })) }],
});
const planned = asPlanned(plan);

test("one rescan is the remedy for all devices that are gone", () => {
  const devices = planned.devices.map((device) => ({ ...device, present: false }));
  const { findings } = verify(plan, { ...planned, devices });
  const gone = sharedRemedies(findings).filter(({ remedy }) => remedy.argv !== null);
  expect(findings.map(({ code, subject }) => [code, subject])).toEqual(
    addresses.map((address) => ["device-missing", address]),
  );
  expect(gone.map(({ remedy, mends }) => [remedy.text, mends])).toEqual([
    [
      "Rescan the PCI bus, then stop the VM and start it again from its plan. If a device stays away, place the VM again.",
      [0, 1, 2],
    ],
  ]);
});
