import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { drawVms } from "../machine/drawn-vm.ts";
import { type RunAnswer, stopVm, tryRun } from "../machine/evenkeel.ts";
import { bootHost, type Host } from "../machine/host.ts";
import { startLibvirt } from "../machine/libvirt.ts";
import { eightNodes, oneNode, twoByTwo } from "../machine/shape.ts";
import { snapshot } from "../machine/snapshot.ts";
import { words } from "../machine/words.ts";

/**
 * Starts and stops VMs of all kinds one after another: every verdict holds, there are no false
 * findings, and the host is as before afterwards. EVENKEEL_LAB_STARTS sets their number,
 * EVENKEEL_LAB_SEED the draw.
 */
const { EVENKEEL_LAB_SEED = "1", EVENKEEL_LAB_STARTS = "50" } = process.env;
const seed = Number(EVENKEEL_LAB_SEED);
const starts = Number(EVENKEEL_LAB_STARTS);

/**
 * The share of starts on each host, and what the host reserves: one core, of each node or of all,
 * and memory in base pages.
 */
const shares = [
  { shape: twoByTwo, share: 0.5, reserved: { coresPerNode: 1, memoryPerNode: "256Mi" } },
  { shape: oneNode, share: 0.25, reserved: { coresPerNode: 1, memoryPerNode: "256Mi" } },
  { shape: eightNodes, share: 0.25, reserved: { cpus: "0", memoryPerNode: "128Mi" } },
] as const;

describe.each(shares)("$shape.name", ({ shape, share, reserved }) => {
  let host: Host;
  const policy = "/tmp/policy.json";
  beforeAll(async () => {
    host = await bootHost(shape);
    await startLibvirt(host);
    const document = { apiVersion: "evenkeel/v1", kind: "HostPolicy", reserved };
    await host.write(policy, JSON.stringify(document));
  });
  afterAll(() => host?.stop());

  test(
    "no false alarm",
    async () => {
      const wanted = Math.ceil(starts * share);
      let [started, refused] = [0, 0];
      let before: string | null = null;
      for (const { vm, via } of drawVms(shape.name, seed)) {
        if (started === wanted) break;
        const what = `seed ${seed}, ${via}: ${JSON.stringify(vm)}`;
        const outcome = await tryRun(host, vm, words("--via", via, "--policy", policy));
        const answer: RunAnswer = JSON.parse(outcome.stdout || "{}");
        if (outcome.status === 3 && "kind" in answer && answer.kind === "Refusal") {
          // The VM is too large for this host and does not count; most are not.
          refused++;
          expect(refused, what).toBeLessThan(20 * wanted);
          continue;
        }
        started++;
        console.log(`${started} of ${wanted}, ${what}`);
        expect(
          [outcome.status, outcome.status === 0 ? "" : outcome.stdout + outcome.stderr],
          what,
        ).toEqual([0, ""]);
        expect([answer.verdict.holds, answer.verdict.findings], what).toEqual([true, []]);
        await stopVm(host, vm.name);
        // Files that only a first start creates exist from the first one on.
        before ??= await snapshot(host);
      }
      expect(await snapshot(host)).toBe(before);
    },
    60 * 60_000,
  );
});
