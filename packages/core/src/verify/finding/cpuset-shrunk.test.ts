import { expect, test } from "vitest";
import { asPlanned } from "../../../testing/evidence/as-planned.ts";
import { planOf } from "../../../testing/guest/plan-of.ts";
import { verify } from "../verify.ts";

const plan = planOf({ cells: [{ cores: 1 }] });

/** What is to be done about the VM's cgroup, which asks for some CPUs and has some. */
function remedyFor(asked: string, effectiveCpus: string): string | undefined {
  const evidence = asPlanned(plan);
  const cgroups = evidence.cgroups.map((one) => ({ ...one, cpus: asked, effectiveCpus }));
  const { findings } = verify(plan, { ...evidence, cgroups });
  return findings.find(({ code }) => code === "cpuset-shrunk")?.remedy;
}

test("a cpuset is widened where it is narrow: in its own cgroup, or in one above it", () => {
  const all = asPlanned(plan).cgroups[0]?.cpus ?? "";
  const file = "/sys/fs/cgroup/machine.slice/vm.scope";
  expect(remedyFor(all, all)).toBeUndefined();
  expect(remedyFor("900", "900")).toMatch(/^echo \S*900 > \/sys.*vm\.scope\/cpuset\.cpus$/);
  expect(remedyFor(all, "900")).toMatch(`to cpuset.cpus of the cgroup above ${file}`);
});
