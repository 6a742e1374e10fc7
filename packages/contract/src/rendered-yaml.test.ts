import { userData } from "@evenkeel/core/guest/cloud-init/user-data.ts";
import { guestFromPlan } from "@evenkeel/core/guest/from-plan.ts";
import { kubevirtManifest } from "@evenkeel/core/guest/kubevirt/manifest.ts";
import { hasAccelerators } from "@evenkeel/core/guest/nccl/print.ts";
import { render } from "@evenkeel/core/render/render.ts";
import { generatedPlans } from "@evenkeel/core/testing/guest/generated-plans.ts";
import { planOf } from "@evenkeel/core/testing/guest/plan-of.ts";
import { writeYaml, type YamlValue } from "@evenkeel/core/yaml/write.ts";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";

const text = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: "binary" }),
  fc.constantFrom(
    "no",
    "Null",
    "1e3",
    "0x10",
    "1:30",
    "2026-11-29",
    "- a",
    "a: b",
    "#",
    "",
    " x",
    "x\n",
  ),
  fc
    .array(fc.constantFrom("a", " b", "", "\tc", "- d", "# e", "é", "\u2028"), { maxLength: 5 })
    .map((lines) => lines.join("\n")),
);

const values: fc.Arbitrary<YamlValue> = fc.letrec<{ value: YamlValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    text,
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(text, tie("value"), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value;

test("any written value is read back equal, by YAML 1.1 and by YAML 1.2", () => {
  fc.assert(
    fc.property(values, (value) => {
      const written = writeYaml(value);
      for (const version of ["1.1", "1.2"] as const) {
        expect(parse(written, { version })).toEqual(value);
      }
    }),
    { numRuns: 2000 },
  );
});

const cloudConfig = z.strictObject({
  write_files: z.array(
    z.strictObject({
      path: z.string(),
      owner: z.literal("root:root"),
      permissions: z.literal("0644"),
      append: z.literal(true).optional(),
      content: z.string(),
    }),
  ),
});

test("user data has the rendered contract and, with accelerators, the rendered NCCL file", () => {
  fc.assert(
    fc.property(generatedPlans, (plan) => {
      const written = userData(guestFromPlan(plan));
      expect(written.startsWith("#cloud-config\n")).toBe(true);
      const { write_files: files } = cloudConfig.parse(parse(written));
      const nccl = hasAccelerators(guestFromPlan(plan));
      expect(files.map(({ path, content }) => [path, content])).toEqual([
        ["/etc/evenkeel/contract.json", render(plan, "contract")],
        ...(nccl
          ? [
              ["/etc/evenkeel/nccl-topology.xml", render(plan, "nccl")],
              ["/etc/nccl.conf", "NCCL_TOPO_FILE=/etc/evenkeel/nccl-topology.xml\n"],
            ]
          : []),
      ]);
    }),
  );
});

test("a rendered KubeVirt file is the manifest's VirtualMachine, with comments on what it cannot express", () => {
  fc.assert(
    fc.property(generatedPlans, (plan) => {
      const guest = guestFromPlan(plan);
      const { virtualMachine, untold } = kubevirtManifest(guest);
      const written = render(plan, "kubevirt");
      expect(parse(written)).toEqual(virtualMachine);
      for (const { what } of untold) expect(written).toContain(`#   ${what}\n`);
    }),
  );
});

test("no name breaks out of its YAML string", () => {
  const odd = 'it\'s "quoted": {a: &b} #c \u2028 \u0085 <x> no';
  const plan = { ...planOf({ cells: [{ cores: 1 }] }), host: odd, signatureText: odd };
  const { write_files: files } = cloudConfig.parse(parse(render(plan, "cloud-init")));
  expect(JSON.parse(files[0]?.content ?? "")).toMatchObject({ host: odd, signatureText: odd });
  expect(parse(render(plan, "kubevirt"))).toMatchObject({
    spec: { template: { spec: { nodeSelector: { "kubernetes.io/hostname": odd } } } },
  });
});
