import { pciForms } from "@evenkeel/core/guest/ports.ts";
import { render, type RenderOptions } from "@evenkeel/core/render/render.ts";
import { generatedPlans } from "@evenkeel/core/testing/guest/generated-plans.ts";
import { planOf } from "@evenkeel/core/testing/guest/plan-of.ts";
import type { Plan } from "@evenkeel/core/plan/plan.ts";
import { attribute, child, textOf } from "@evenkeel/core/xml/element.ts";
import { readXml } from "@evenkeel/host/xml/read-xml.ts";
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Libvirtd, START_TIMEOUT_MS, startLibvirtd } from "./libvirtd.ts";
import { placedParts } from "./placed-parts.ts";
import { whyNot } from "./programs.ts";
import { sumOf } from "@evenkeel/core/unit/sum.ts";

if (whyNot !== null) console.warn(`skipping definitions in libvirt: ${whyNot}`);
let libvirtd: Libvirtd | null = null;
beforeAll(async () => {
  if (whyNot === null) libvirtd = await startLibvirtd();
}, START_TIMEOUT_MS);
afterAll(() => libvirtd?.stop());

/** Defines a plan's domain, takes it back as libvirt keeps it, and removes it. */
async function defined(plan: Plan, options: RenderOptions): Promise<[asked: string, kept: string]> {
  if (libvirtd === null) throw new Error("libvirtd is not running");
  const asked = render(plan, "libvirt", options);
  const { virsh, file } = libvirtd;
  await virsh("define", await file("domain.xml", asked));
  const name = plan.tenant === null ? plan.vm : `${plan.tenant}_${plan.vm}`;
  const kept = await virsh("dumpxml", "--inactive", "--domain", name);
  await virsh("undefine", "--nvram", "--domain", name);
  return [asked, kept];
}

test.skipIf(whyNot !== null)("libvirt keeps every part of a plan as it was rendered", async () => {
  await fc.assert(
    fc.asyncProperty(generatedPlans, fc.constantFrom(...pciForms), async (plan, pci) => {
      const [asked, kept] = await defined(plan, { emulated: true, pci });
      const parts = placedParts(readXml(asked, "asked"));
      const vcpus = sumOf(plan.cells, (cell) => cell.vcpus.length);
      expect(parts.length).toBeGreaterThan(vcpus + plan.cells.length * 2 + plan.devices.length * 3);
      expect(placedParts(readXml(kept, "kept"))).toEqual(parts);
    }),
    { numRuns: 100 },
  );
});

test.skipIf(whyNot !== null)("with KVM too, where there is one", async (context) => {
  const capabilities = (await libvirtd?.virsh("capabilities")) ?? "";
  context.skip(!capabilities.includes("<domain type='kvm'/>"), "this machine has no KVM");
  const own = process.arch === "arm64" ? "aarch64" : "x86_64";
  const plans = fc.sample(generatedPlans, { numRuns: 60, seed: 3 });
  for (const plan of plans.filter(({ architecture }) => architecture === own)) {
    const [asked, kept] = await defined(plan, {});
    expect(placedParts(readXml(kept, "kept"))).toEqual(placedParts(readXml(asked, "asked")));
  }
});

test.skipIf(whyNot !== null)("names are kept as they are, up to the longest", async () => {
  for (const vm of ["0.a-b", "x".repeat(200), `Ünïcödé, "quoted" & <tagged>`]) {
    const plan = { ...planOf({ cells: [{ cores: 1 }] }), vm };
    const [, kept] = await defined(plan, { emulated: true });
    const domain = readXml(kept, "kept");
    const name = child(domain, "name");
    expect(name && textOf(name)).toBe(vm);
    const metadata = child(domain, "metadata");
    const own = metadata && child(metadata, "evenkeel:plan");
    expect(own && attribute(own, "vm")).toBe(vm);
  }
});
