import * as fc from "fast-check";
import { expect, test } from "vitest";
import { asPlanned } from "../../testing/evidence/as-planned.ts";
import { removals } from "../../testing/evidence/removals.ts";
import { sabotages } from "../../testing/evidence/sabotages.ts";
import { generatedPlans } from "../../testing/guest/generated-plans.ts";
import { carriedOut } from "../../testing/remedy/carried-out.ts";
import { malformed } from "../../testing/remedy/malformed.ts";
import { indices } from "../set/index-set.ts";
import { setOf } from "../set/list-format.ts";
import { sharedRemedies } from "../remedy/remedy.ts";
import type { Evidence } from "../evidence/evidence.ts";
import { type Finding, scopes } from "./verdict/verdict.ts";
import { verify } from "./verify.ts";

test("a VM that runs as its plan says holds, whatever the plan, and gives no cause for any finding", () => {
  fc.assert(
    fc.property(generatedPlans, fc.constantFrom(...scopes), (plan, scope) => {
      const verdict = verify(plan, asPlanned(plan), { scope });
      expect(verdict.findings).toEqual([]);
      expect(verdict.unverified.filter(({ essential }) => essential)).toEqual([]);
      expect(verdict.holds).toBe(true);
      expect(verdict.verified.length).toBeGreaterThan(4);
    }),
    { numRuns: 200 },
  );
});

test("a thread that allocated memory on one node's CPUs among the emulator's disturbs nobody", () => {
  let applied = 0;
  fc.assert(
    fc.property(generatedPlans, fc.boolean(), (plan, isOne) => {
      const planned = asPlanned(plan);
      const emulator = planned.threads?.find(({ role }) => role?.kind === "emulator");
      const [first, ...more] = indices(setOf(plan.emulatorCpus));
      fc.pre(emulator !== undefined && first !== undefined && more.length > 0);
      applied++;
      const name = isOne ? "TC tc-ram-node0" : emulator.name;
      const narrow = { ...emulator, tid: 99_999, name, allowedCpus: `${first}` };
      const threads = [...(planned.threads ?? []), narrow];
      const verdict = verify(plan, { ...planned, threads }, { scope: "host" });
      const codes = verdict.findings.map(({ code }) => code);
      expect(codes).toEqual(isOne ? [] : ["emulator-affinity"]);
    }),
    { numRuns: 100 },
  );
  expect(applied).toBeGreaterThan(20);
});

test.each(sabotages)(
  "$name: $code, and nothing else",
  ({ apply, code, severity, tells, scope }) => {
    let applied = 0;
    fc.assert(
      fc.property(generatedPlans, (plan) => {
        const before = asPlanned(plan);
        const evidence = apply(before, plan);
        fc.pre(evidence !== null);
        applied++;
        const verdict = verify(plan, evidence, { scope: scope ?? "host" });
        expect(verdict.findings.map((finding) => finding.code)).toEqual(
          verdict.findings.map(() => code),
        );
        expect(verdict.findings.map(({ found }) => found).join("\n")).toContain(
          tells(before, plan),
        );
        expect(verdict.findings[0]?.severity).toBe(severity);
        expect(verdict.findings.flatMap(({ remedy }) => malformed(remedy))).toEqual([]);
        expect(verdict.holds).toBe(severity !== "error");
      }),
      { numRuns: 40 },
    );
    expect(applied).toBeGreaterThan(10);
  },
);

/** The evidence as it would be of a VM that libvirt does not run. */
const withoutLibvirt = (evidence: Evidence): Evidence => ({
  ...evidence,
  shapes: evidence.shapes.filter(({ source }) => source !== "libvirt"),
});

const namesOf = (findings: readonly Finding[]): string[] =>
  findings.map(({ code, subject }) => `${code} ${subject}`).toSorted();

/** What remedies change of a host; libvirt's cpusets are its own business. */
function stateOf({ threads, kernel, devices, cgroups }: Evidence, hasLibvirt: boolean): unknown {
  return {
    kernel,
    cpus: threads?.map(({ tid, allowedCpus }) => [tid, allowedCpus]),
    interrupts: devices.map(({ interrupts }) => interrupts?.map((one) => one.allowedCpus)),
    cpusets: hasLibvirt ? null : cgroups,
  };
}

test.each(sabotages)("$name: its remedy mends it, and the undo brings it back", (sabotage) => {
  fc.assert(
    fc.property(generatedPlans, fc.boolean(), (plan, hasLibvirt) => {
      const applied = sabotage.apply(asPlanned(plan), plan);
      fc.pre(applied !== null);
      const evidence = hasLibvirt ? applied : withoutLibvirt(applied);
      const scope = sabotage.scope ?? "host";
      const { findings } = verify(plan, evidence, { scope });
      for (const { remedy, mends } of sharedRemedies(findings)) {
        expect(malformed(remedy)).toEqual([]);
        if (remedy.argv === null || remedy.when !== "live") continue;
        const mended = carriedOut(remedy.argv, evidence);
        const left = namesOf(verify(plan, mended, { scope }).findings);
        const own = mends.map((place) => findings[place]).filter((one) => one !== undefined);
        expect(left).not.toEqual(expect.arrayContaining(namesOf(own)));
        if (remedy.undo === null) continue;
        const undone = carriedOut(remedy.undo, mended);
        expect(stateOf(undone, hasLibvirt)).toEqual(stateOf(evidence, hasLibvirt));
      }
    }),
    { numRuns: 20 },
  );
});

test("whatever is missing of the evidence, remedies are well-formed and move no pinned memory", () => {
  fc.assert(
    fc.property(
      generatedPlans,
      fc.nat(),
      fc.nat(),
      fc.boolean(),
      (plan, choice, cut, hasLibvirt) => {
        const sabotage = sabotages[choice % sabotages.length];
        const applied = sabotage?.apply(asPlanned(plan), plan) ?? null;
        fc.pre(applied !== null);
        const evidence = hasLibvirt ? applied : withoutLibvirt(applied);
        const all = removals(evidence);
        const [, less = evidence] = all[cut % Math.max(1, all.length)] ?? [];
        const { findings } = verify(plan, less, { scope: sabotage?.scope ?? "host" });
        const files = less.process?.vfioFiles ?? null;
        const isPinned = plan.devices.length > 0 || files === null || files.length > 0;
        for (const { remedy } of findings) {
          expect(malformed(remedy)).toEqual([]);
          const programs = (remedy.argv ?? []).map(([program]) => program);
          if (isPinned) expect(programs).not.toContain("migratepages");
        }
      },
    ),
    { numRuns: 300 },
  );
});

test("no piece of evidence less makes a plan hold that did not", () => {
  fc.assert(
    fc.property(generatedPlans, fc.nat(), (plan, choice) => {
      const sabotage = sabotages[choice % sabotages.length];
      const evidence = sabotage?.apply(asPlanned(plan), plan) ?? null;
      fc.pre(evidence !== null && sabotage?.severity === "error");
      const scope = sabotage.scope ?? "host";
      const all = removals(evidence);
      // Of a VM of hundreds of threads a few dozen pieces are enough, and others the next time.
      const step = Math.max(1, Math.floor(all.length / 40));
      for (let i = choice % step; i < all.length; i += step) {
        const [what, less] = all[i] ?? ["", evidence];
        expect(verify(plan, less, { scope }).holds, `${sabotage.name} without ${what}`).toBe(false);
      }
    }),
    { numRuns: 60 },
  );
});
