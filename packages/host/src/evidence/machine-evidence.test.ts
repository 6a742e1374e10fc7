import type { Evidence } from "@evenkeel/core/evidence/evidence.ts";
import { expect, test } from "vitest";
import { treeOf } from "../../testing/sysfs/tree-of.ts";
import { jumpingClock } from "../../testing/vm-host.ts";
import { lookAround } from "./look-around.ts";
import { machineEvidence } from "./read-subject.ts";

/** A machine of one node, whose processor has these flags. */
async function evidenceWith(flags: string): Promise<Evidence> {
  const tree = treeOf({
    "/proc/cpuinfo": `processor\t: 0\nflags\t\t: ${flags}\n\n`,
    "/sys/devices/system/node/node0/cpulist": "0\n",
    "/sys/devices/system/cpu/online": "0\n",
  });
  const around = await lookAround({
    tree,
    withTools: async () => tree,
    host: "here",
    clock: jumpingClock(),
    instances: [],
    domains: async () => [],
    note: () => {},
  });
  return machineEvidence(around, "here", "2026-01-31T12:00:00.000Z");
}

test("a machine that is a guest has its own report, and no other has", async () => {
  const guest = await evidenceWith("fpu avx2 hypervisor");
  expect(guest.guest).toMatchObject({
    kind: "GuestReport",
    cpu: { flags: ["avx2", "hypervisor"] },
  });
  expect((await evidenceWith("fpu avx2")).guest).toBeNull();
});
