import { spawn } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { readDocument } from "@evenkeel/contract/read-document.ts";
import { asPlanned } from "@evenkeel/core/testing/evidence/as-planned.ts";
import { sabotages } from "@evenkeel/core/testing/evidence/sabotages.ts";
import { guestFromPlan } from "@evenkeel/core/guest/from-plan.ts";
import { planOf } from "@evenkeel/core/testing/guest/plan-of.ts";
import type { Instance } from "@evenkeel/core/instance/instance.ts";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { expect, test } from "vitest";
import { binary } from "../../../testing/binary.ts";
import { evenkeel } from "../../../testing/evenkeel.ts";

const folder = scratchFolder();

function file(name: string, content: unknown): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

const plan = planOf({
  cells: [{ cores: 2, devices: [{ address: "0000:1b:00.0" }] }, { cores: 2 }],
  distances: [
    [10, 21],
    [21, 10],
  ],
});
const planFile = file("plan.json", plan);
const planned = asPlanned(plan);
const good = file("good.json", planned);

test("recorded evidence is judged, for people and for programs", async () => {
  const text = await evenkeel(["verify", "llm-a", "--plan", planFile, "--evidence", good]);
  expect([text.status, text.stderr]).toEqual([0, ""]);
  expect(text.stdout).toMatchInlineSnapshot(`
    "The plan of llm-a holds on host-1 (host and guest, 2026-01-31T12:00:00.000Z)

    as planned
      memory of cell 0                   4 GiB on node 0
      memory of cell 1                   4 GiB on node 1
      memory policy of cell 0            bind:0
      memory policy of cell 1            bind:1
      page size of cell 0                4 KiB pages
      page size of cell 1                4 KiB pages
      vCPUs                              8 of 8 may run on their own CPUs only
      other threads                      2 of 2 keep to their own CPUs
      cpusets                            all that the VM needs, in 1 cgroup
      device 0000:1b:00.0                vfio-pci, IOMMU group 0 open
      the guest's nodes                  2, as planned
      the guest's distances              10 21 / 21 10
      guest node of 0000:1b:00.0         0, behind pci.2 below pci.1
      the guest's contract               given at opt/evenkeel/contract
      libvirt's pins                     as planned
      interrupts of 0000:1b:00.0         1 on CPUs of node 0
      NUMA balancing                     off
      same-page merging                  off
      nodes in the guest                 2, as promised
      node of 0000:ff:00.0 in the guest  0
      NCCL's topology file               /etc/evenkeel/nccl-topology.xml
      the contract in the guest          /sys/firmware/qemu_fw_cfg, as made
    "
  `);
  const json = await evenkeel(
    ["verify", "llm-a", "--plan", planFile, "--evidence", "-", "--output", "json"],
    { stdin: JSON.stringify(planned) },
  );
  const verdict = readDocument(json.stdout, "stdout", "Verdict");
  expect([json.status, verdict.holds, verdict.scope]).toEqual([0, true, "guest"]);
});

test("what does not hold is told with its numbers and remedy, and the status is 3", async () => {
  for (const { apply, code, severity, scope, name } of sabotages) {
    const evidence = apply(planned, plan);
    if (evidence === null) continue;
    const path = file("bad.json", evidence);
    const args = ["verify", "llm-a", "--plan", planFile, "--evidence", path];
    const { stdout, status } = await evenkeel([...args, "--scope", scope ?? "host"]);
    expect(status, name).toBe(severity === "error" ? 3 : 0);
    expect(stdout, name).toContain(`${severity} ${code}: `);
  }
});

test("a VM that was started here is held against the plan of its state", async () => {
  const { name, uuid } = guestFromPlan({ ...plan, tenant: "acme" });
  const instance: Instance = {
    apiVersion: "evenkeel/v1",
    kind: "Instance",
    name,
    uuid,
    plan: { ...plan, tenant: "acme" },
    via: "libvirt",
    uri: "qemu:///system",
    phase: "running",
    process: null,
    adopted: false,
    drivers: [],
    startedAt: "2026-01-31T12:00:00.000Z",
  };
  file(`state/vms/${name}.json`, instance);
  file("state/vms/torn.json", "{");
  const env = { EVENKEEL_STATE: join(folder, "state") };
  for (const vm of ["llm-a", "acme_llm-a"]) {
    const { stdout, stderr, status } = await evenkeel(["verify", vm, "--evidence", good], { env });
    expect(stdout).toContain("The plan of llm-a holds");
    expect(stderr).toMatch(/^note: .*torn\.json: [^\n]+\n$/);
    expect(status).toBe(0);
  }
  const none = join(folder, "none");
  for (const argv of [["llm-b"], ["llm-a", "--state", none]]) {
    const { stdout, stderr, status } = await evenkeel(["verify", ...argv], { env });
    expect([stdout, status]).toEqual(["", 2]);
    expect(stderr).toMatch(
      /try +(give its plan with --plan|did you mean acme_llm-a)[^]+vm-unknown/,
    );
  }
  expect(existsSync(none)).toBe(false);
});

test("a price comes from the host's topology, where it is given", async () => {
  const evidence = sabotages[0]?.apply(planned, plan);
  const moved = JSON.stringify(evidence).replaceAll('"node":900', '"node":1');
  const path = file("moved.json", moved);
  const host = "synthetic:package:2 core:8 thread:2 memory:64Gi distances:10/21";
  const args = ["verify", "llm-a", "--plan", planFile, "--evidence", path, "--scope", "host"];
  const priced = await evenkeel([...args, "--on", host]);
  expect(priced.stdout).toContain("100.0 % on that path (modelled)");
  expect((await evenkeel(args)).stdout).toContain("costs     unknown");
});

test("evidence of another VM, and flags that contradict each other, are refused", async () => {
  const cases: readonly (readonly [string[], string])[] = [
    [["verify", "other", "--plan", planFile], "the plan is for the VM"],
    [
      [
        "verify",
        "llm-a",
        "--plan",
        planFile,
        "--evidence",
        file("o.json", { ...planned, name: "b" }),
      ],
      "is about the VM",
    ],
    [
      [
        "verify",
        "llm-a",
        "--plan",
        planFile,
        "--evidence",
        file("p.json", { ...planned, of: "process", name: "process 7" }),
      ],
      "is about process 7",
    ],
    [["verify", "llm-a", "--plan", planFile, "--evidence", good, "--pid", "1"], "no effect"],
    [["verify", "llm-a", "--plan", planFile, "--evidence", good, "--watch"], "no effect"],
    [["verify", "llm-a", "--plan", "-", "--evidence", "-"], "standard input"],
    [["verify", "llm-a", "--plan", planFile, "--state", folder], "no effect"],
    [["verify", "llm-a", "--plan", planFile, "--pid", "x"], "--pid"],
    [["verify", "llm-a", "--plan", planFile, "--watch", "--interval", "0"], "--interval"],
    [["verify", "llm-a", "--plan", planFile, "--evidence", planFile], "one Evidence"],
    [["verify", "llm-a", "--plan", planFile, "--output", "evidence"], "evidence"],
  ];
  for (const [argv, message] of cases) {
    const { stderr, stdout, status } = await evenkeel(argv);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(message);
  }
});

/** A machine on which the VM does not run, as far as these files tell. */
function machine(): string {
  file("host/proc/sys/kernel/numa_balancing", "0\n");
  file("host/sys/kernel/mm/ksm/run", "0\n");
  return join(folder, "host");
}

test("a recorded machine without the VM's process does not hold, and says so", async () => {
  const args = ["verify", "llm-a", "--plan", planFile, "--root", machine()];
  const { stdout, status } = await evenkeel(args);
  expect(status).toBe(3);
  expect(stdout).toContain("the VM's process");
});

test("a watch tells what changes until it is interrupted", async () => {
  const root = machine();
  const args = [
    "verify",
    "llm-a",
    "--plan",
    planFile,
    "--root",
    root,
    "--watch",
    "--interval",
    "0.1",
  ];
  const child = spawn(process.execPath, [binary, ...args, "--output", "json"]);
  let told = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (told += text));
  const until = async (word: string): Promise<void> => {
    const started = performance.now();
    while (!told.includes(word)) {
      expect(performance.now() - started, told).toBeLessThan(20_000);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const ended = new Promise((resolve) =>
    child.once("exit", (code, signal) => resolve([code, signal])),
  );
  await until("does-not-hold");
  writeFileSync(join(root, "proc/sys/kernel/numa_balancing"), "1\n");
  await until("autonuma-on");
  writeFileSync(join(root, "proc/sys/kernel/numa_balancing"), "0\n");
  await until("finding-gone");
  child.kill("SIGTERM");
  expect(await ended).toEqual([3, null]);
  const events = told
    .trimEnd()
    .split("\n")
    .map((line): { event: string } => JSON.parse(line));
  const later = events.slice(events.findIndex(({ event }) => event === "does-not-hold") + 1);
  expect(later.map(({ event }) => event)).toEqual(["finding", "finding-gone"]);
});

test("a watch for people is a line a change", async () => {
  const args = ["verify", "llm-a", "--plan", planFile, "--root", machine(), "--watch"];
  const { stdout, status } = await evenkeel(args);
  expect(status).toBe(3);
  expect(stdout).toMatch(/Z does not hold\n$/);
});
