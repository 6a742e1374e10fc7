import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { cpusOfPlan, type Plan } from "@evenkeel/core/plan/plan.ts";
import { defaultHostPolicy } from "@evenkeel/core/request/host-policy.ts";
import { indices } from "@evenkeel/core/set/index-set.ts";
import { planOf } from "@evenkeel/core/testing/guest/plan-of.ts";
import { requestOf } from "@evenkeel/core/testing/request/requests.ts";
import { GiB, MiB } from "@evenkeel/core/unit/bytes.ts";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { hostWith, type MadeEmulator } from "../../testing/emulated-host.ts";
import { qemuInstance, testHost } from "../../testing/vm-host.ts";
import { listVms } from "./list.ts";
import { startVm } from "./start.ts";

/**
 * Hosts with VMs of four kinds: recorded ones that run, recorded ones whose process is missing,
 * ones whose record is damaged, and ones that have none. The machine has CPUs 0-31 on two nodes.
 */
const cpus = fc.oneof(
  fc.nat(31).map(String),
  fc.tuple(fc.nat(15), fc.nat(15)).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
  fc.constant("0-31"),
);
const entry = fc.record({
  kind: fc.constantFrom("own", "missing", "damaged", "foreign"),
  core: fc.nat(6),
  vcpus: fc.array(cpus, { minLength: 1, maxLength: 3 }),
  pages: fc.array(fc.record({ node: fc.nat(1), pages: fc.integer({ min: 1, max: 4 }) }), {
    maxLength: 1,
  }),
});
type Entry = typeof entry extends fc.Arbitrary<infer T> ? T : never;

/** A plan that has one core of the machine. Core N has the CPUs N and N + 16. */
function planFor(i: number, core: number): Plan {
  const plan = planOf({ vm: `vm${i}`, cells: [{ cores: 1 }] });
  const cells = plan.cells.map((cell) => ({
    ...cell,
    vcpus: cell.vcpus.map((vcpu, v) => ({ ...vcpu, cpu: core + 1 + 16 * v })),
  }));
  return { ...plan, cells };
}

async function hostOf(entries: readonly Entry[]) {
  const emulators = entries.flatMap(({ kind, core, vcpus, pages }, i): MadeEmulator[] => {
    if (kind === "missing") return [];
    const { name, uuid } = qemuInstance(planFor(i, core));
    const memory = pages.map((one) => ({
      ...one,
      pageKiB: 4,
      pages: (one.pages * 64 * MiB) / 4096,
    }));
    return [{ pid: 1000 + 10 * i, name, uuid, vcpus, memory }];
  });
  const tree = hostWith(emulators);
  const host = await testHost({ tree: () => tree });
  mkdirSync(host.folder, { recursive: true });
  for (const [i, { kind, core }] of entries.entries()) {
    if (kind === "foreign") continue;
    const pid = 1000 + 10 * i;
    const process = { pid, startTicks: pid, uid: 0, executable: "/usr/bin/qemu-system-x86_64" };
    const instance = qemuInstance(planFor(i, core), { process });
    if (kind === "damaged")
      writeFileSync(join(host.folder, `${instance.name}.json`), "{}", { mode: 0o600 });
    else await host.state.write(instance);
  }
  return host;
}

test("a start never gets what a process holds, and a list shows everything that is there", async () => {
  const seen = { placed: 0, refused: 0, damaged: 0 };
  await fc.assert(
    fc.asyncProperty(
      fc.array(entry, { maxLength: 5 }),
      fc.integer({ min: 1, max: 12 }),
      async (entries, vcpus) => {
        const host = await hostOf(entries);
        const listed = await listVms(host);
        const pids = new Set(
          listed.vms.flatMap(({ pid, instance }) => (instance === null ? [pid] : [])),
        );
        for (const [i, { kind }] of entries.entries()) {
          const named = listed.vms.filter(({ name }) => name === `vm${i}`);
          expect(named.length).toBe(1);
          if (kind === "foreign" || kind === "damaged") expect(pids).toContain(1000 + 10 * i);
        }
        expect(listed.damaged.length).toBe(entries.filter(({ kind }) => kind === "damaged").length);
        const request = {
          ...requestOf({ memoryBytes: GiB, hugepageBytes: null }),
          vcpus,
          name: "new",
        };
        const wanted = { request, plan: null, flavors: [], policy: defaultHostPolicy } as const;
        const control = { dryRun: true, interrupted: () => AbortSignal.abort() };
        const start = startVm({ ...wanted, via: "qemu", options: {} }, control, host);
        if (listed.damaged.length > 0) {
          seen.damaged++;
          await expect(start).rejects.toBeInstanceOf(EvenkeelError);
          return;
        }
        const outcome = await start;
        if (outcome.kind === "refused") seen.refused++;
        else seen.placed++;
        if (outcome.kind !== "blocked" && outcome.kind !== "ready") return;
        const mine = cpusOfPlan(outcome.plan);
        const cores = new Set(indices(mine).map((cpu) => cpu % 16));
        for (const [i, { kind, core }] of entries.entries()) {
          if (kind !== "foreign") expect(cores.has(core + 1), `vm${i}`).toBe(false);
        }
        for (const [i, { kind, core, vcpus: held }] of entries.entries()) {
          const pinned = held.filter((list) => /^\d+$/.test(list)).map(Number);
          if (kind === "missing") continue;
          // A vCPU of a recorded VM that stays within its plan holds nothing more.
          const own = kind === "own" ? [core + 1, core + 17] : [];
          for (const cpu of pinned.filter((one) => !own.includes(one))) {
            expect(cores.has(cpu % 16), `vm${i} on ${cpu}`).toBe(false);
          }
        }
      },
    ),
    { numRuns: 150 },
  );
  expect(Math.min(seen.placed, seen.damaged)).toBeGreaterThan(20);
});
