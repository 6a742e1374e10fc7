import * as fc from "fast-check";
import { expect, test } from "vitest";
import { asPlanned } from "../../testing/evidence/as-planned.ts";
import { removals } from "../../testing/evidence/removals.ts";
import { sabotages } from "../../testing/evidence/sabotages.ts";
import { generatedPlans } from "../../testing/guest/generated-plans.ts";
import { malformed } from "../../testing/remedy/malformed.ts";
import { indices } from "../set/index-set.ts";
import { setOf } from "../set/list-format.ts";
import { scopes } from "./verdict/verdict.ts";
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
