import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { pciForms } from "@evenkeel/core/guest/ports.ts";
import { render } from "@evenkeel/core/render/render.ts";
import { generatedPlans } from "@evenkeel/core/testing/guest/generated-plans.ts";
import { planOf } from "@evenkeel/core/testing/guest/plan-of.ts";
import * as fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { plansToTry } from "./plans-to-try.ts";
import { whyNoSchema } from "./programs.ts";
import { domainSchema } from "./schema.ts";

if (whyNoSchema !== null) console.warn(`skipping libvirt's schema: ${whyNoSchema}`);
const options = fc.record({
  emulated: fc.boolean(),
  cpuFeatures: fc.constantFrom([], ["topoext"]),
  pci: fc.constantFrom(...pciForms),
  contractFile: fc.constantFrom(undefined, "/run/evenkeel/contract.json"),
});

const misspelled = render(planOf({ cells: [{ cores: 1 }] }), "libvirt").replace(
  "vcpupin",
  "vcpupn",
);

test.skipIf(whyNoSchema !== null)("every rendering is valid by libvirt's schema", () => {
  const wrong = domainSchema();
  expect(wrong(misspelled)).toContain("cputune");
  fc.assert(
    fc.property(generatedPlans, options, (plan, chosen) => {
      expect(wrong(render(plan, "libvirt", chosen))).toBeNull();
    }),
    { numRuns: plansToTry(400) },
  );
});

const folder = mkdtempSync(join(tmpdir(), "evenkeel-schema-"));
afterAll(() => rmSync(folder, { recursive: true }));

test.skipIf(whyNoSchema !== null)("libvirt's own tool agrees", async () => {
  const path = join(folder, "domain.xml");
  const validate = (): Promise<unknown> =>
    promisify(execFile)("virt-xml-validate", [path, "domain"]);
  for (const plan of fc.sample(generatedPlans, { numRuns: 20, seed: 5 })) {
    writeFileSync(path, render(plan, "libvirt"));
    await validate();
  }
  writeFileSync(path, misspelled);
  await expect(validate()).rejects.toThrow();
});
