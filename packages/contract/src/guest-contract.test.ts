import { contractOf } from "@evenkeel/core/guest/contract/from-guest.ts";
import { guestFromPlan } from "@evenkeel/core/guest/from-plan.ts";
import { pciForms } from "@evenkeel/core/guest/ports.ts";
import { render } from "@evenkeel/core/render/render.ts";
import { generatedPlans } from "@evenkeel/core/testing/guest/generated-plans.ts";
import { sha256 } from "@evenkeel/core/hash/sha256.ts";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { readDocument } from "./read-document.ts";

test("every rendered contract is read back equal", () => {
  fc.assert(
    fc.property(generatedPlans, fc.constantFrom(...pciForms), (plan, pci) => {
      const text = render(plan, "contract", { pci });
      const read = readDocument(text, "contract.json", "GuestContract");
      expect(read).toEqual(contractOf(guestFromPlan(plan, { pci })));
      if (read.nccl !== null) expect(read.nccl.sha256).toBe(sha256(render(plan, "nccl", { pci })));
    }),
  );
});
