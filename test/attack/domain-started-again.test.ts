import { planOf } from "@evenkeel/core/testing/guest/plan-of.ts";
import { systemClock } from "@evenkeel/host/clock/clock.ts";
import { libvirtHypervisor } from "@evenkeel/host/hypervisor/libvirt/libvirt.ts";
import { codedError } from "@evenkeel/host/testing/expect-error.ts";
import { qemuInstance } from "@evenkeel/host/testing/vm-host.ts";
import { expect, test } from "vitest";
import { whyNot } from "../libvirt/programs.ts";

/** In libvirt's test driver each client finds this domain running, whatever others did to it. */
const uuid = "6695eb01-f6a4-8304-79aa-97f2502e193f";
const uri = "test:///default";

test.skipIf(whyNot !== null)(
  "a domain that something starts again each time is not ended for ever",
  async () => {
    const plan = planOf({ vm: "llm-a", cells: [{ cores: 1 }] });
    const instance = qemuInstance(plan, { uuid, via: "libvirt", uri, adopted: true });
    const error = await codedError("hypervisor-failed", () =>
      libvirtHypervisor(uri, systemClock).end(instance),
    );
    expect(error.message).toBe("virsh destroy: it is running again");
  },
);
