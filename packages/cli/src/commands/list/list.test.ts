import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { guestFromPlan } from "@evenkeel/core/guest/from-plan.ts";
import { planOf } from "@evenkeel/core/testing/guest/plan-of.ts";
import { MiB } from "@evenkeel/core/unit/bytes.ts";
import type { Instance } from "@evenkeel/core/instance/instance.ts";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { expect, test } from "vitest";
import { evenkeel } from "../../../testing/evenkeel.ts";

/** A VM of QEMU alone that is off, since no process has its UUID. */
function instanceOf(vm: string, tenant: string | null, phase: Instance["phase"]): Instance {
  const memory = [{ node: 1, bytes: 512 * MiB }];
  const devices = [{ address: "ffff:1b:00.0" }];
  const plan = planOf({ vm, tenant, cells: [{ cores: 2, hostNode: 1, memory, devices }] });
  const { name, uuid } = guestFromPlan(plan);
  const startedAt = "2026-01-31T12:00:00.000Z";
  const common = { apiVersion: "evenkeel/v1", kind: "Instance" } as const;
  return {
    ...common,
    name,
    uuid,
    plan,
    via: "qemu",
    uri: null,
    phase,
    process: null,
    adopted: false,
    startedAt,
    drivers: [],
  };
}

function stateWith(...instances: readonly Instance[]) {
  const folder = scratchFolder();
  mkdirSync(join(folder, "vms"));
  for (const instance of instances) {
    writeFileSync(join(folder, "vms", `${instance.name}.json`), JSON.stringify(instance));
  }
  // A libvirt that is not there: only what the folder says is listed.
  const env = { EVENKEEL_STATE: folder, LIBVIRT_DEFAULT_URI: "qemu+unix:///system?socket=/none" };
  return { folder, run: (...argv: readonly string[]) => evenkeel(argv, { env }) };
}

test("nothing is listed where nothing was started", async () => {
  const { run } = stateWith();
  expect(await run("list")).toEqual({ stdout: "no VMs\n", stderr: "", status: 0 });
});

test("every VM is listed with where it lies", async () => {
  const off = instanceOf("llm-a", "acme", "running");
  const { run } = stateWith(off, instanceOf("llm-b", null, "running"));
  expect((await run("list")).stdout).toMatchInlineSnapshot(`
    "VM          state  via   nodes  vCPUs   memory  devices
    acme_llm-a  off    qemu  1          4  512 MiB  ffff:1b:00.0
    llm-b       off    qemu  1          4  512 MiB  ffff:1b:00.0
    "
  `);
  const { stdout } = await run("list", "--output", "json");
  expect(JSON.parse(stdout)).toMatchObject({
    kind: "InstanceList",
    vms: [{ name: "acme_llm-a", state: "gone", pid: null, instance: off }, { name: "llm-b" }],
  });
});

test("a VM with memory on another node than its cell's is listed on both", async () => {
  const memory = [0, 1].map((node) => ({ node, bytes: 512 * MiB }));
  const plan = planOf({
    vm: "llm-a",
    cells: [{ cores: 2, hostNode: 1, memory, policy: "preferred" }],
  });
  const first = instanceOf("llm-a", null, "running");
  const { run } = stateWith({ ...first, plan, uuid: guestFromPlan(plan).uuid });
  expect((await run("list")).stdout).toMatch(/^llm-a +off +qemu +0-1 +4 /m);
});

test("the list fits the terminal, and the wide one has everything", async () => {
  const first = instanceOf("llm-a", null, "running");
  const devices = Array.from({ length: 8 }, (_, i) => ({ address: `ffff:1${i}:00.0` }));
  const cell = { cores: 2, hostNode: 1, memory: [{ node: 1, bytes: 512 * MiB }], devices };
  const plan = planOf({ vm: "llm-a", cells: [cell] });
  const { run } = stateWith({ ...first, plan, uuid: guestFromPlan(plan).uuid });
  const narrow = await run("list");
  expect(narrow.stdout).toMatch(/512 MiB {2}8 devices$/m);
  const { stdout } = await run("list", "--wide");
  const [top = "", row = ""] = stdout.split("\n");
  expect(top.trim().split(/ +/)).toEqual(
    "VM state via nodes vCPUs memory devices process CPUs isolation since UUID".split(" "),
  );
  expect(row).toContain(devices.map(({ address }) => address).join(", "));
  expect(row).toContain(guestFromPlan(plan).uuid);
  expect(row).toMatch(/ {2}core +2026-01-31T12:00:00\.000Z {2}/);
  const both = await run("list", "--wide", "-o", "json");
  expect(both.stdout).toBe((await run("list", "-ojson")).stdout);
});

test("a terminal shows the first of many VMs, and how to see the others; a pipe has them all", async () => {
  const many = Array.from({ length: 128 }, (_, i) =>
    instanceOf(`llm-${i}`, null, i < 3 ? "stopping" : "running"),
  );
  const { folder, run } = stateWith(...many);
  const env = {
    EVENKEEL_STATE: folder,
    LIBVIRT_DEFAULT_URI: "qemu+unix:///system?socket=/none",
    NO_COLOR: "1",
  };
  const rows = (stdout: string): number =>
    stdout.split("\n").filter((line) => /^llm-\d/.test(line)).length;
  const shown = await evenkeel(["list"], { env, terminal: 80 });
  expect(rows(shown.stdout)).toBe(40);
  // Others that run here come last.
  expect(shown.stdout).toMatch(/^and \d+ more \(1 stopping, 87 off.*\), which --wide lists$/m);
  for (const line of shown.stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
  const wide = await evenkeel(["list", "--wide"], { env, terminal: 80 });
  expect(rows(wide.stdout)).toBe(128);
  expect(rows((await run("list")).stdout)).toBe(128);
});

test("topology --state draws this machine with the VMs that it records", async () => {
  const devices: readonly { readonly address: string }[] = [];
  const memory = [{ node: 0, bytes: 64 * MiB }];
  const plan = planOf({ vm: "llm-a", cells: [{ cores: 1, hostNode: 0, memory, devices }] });
  const instance = { ...instanceOf("llm-a", null, "running"), plan };
  const { folder, run } = stateWith({ ...instance, uuid: guestFromPlan(plan).uuid });
  const drawn = await run("topology", "--state", folder);
  expect(drawn.status).toBe(0);
  expect(drawn.stdout).toMatch(/^A {2}llm-a · node 0: 64 MiB/m);
  expect((await run("topology")).stdout).not.toContain("VMs\n");
});

test("a start that was cut off is reported, and undone by a stop", async () => {
  const { folder, run } = stateWith(instanceOf("llm-a", null, "starting"));
  const { stdout, stderr, status } = await run("list");
  expect(stdout).toMatch(/llm-a +starting/);
  expect(stderr).toBe(
    "note: a start of llm-a was cut off; the next run or adopt, or a stop of it, undoes it\n",
  );
  expect(status).toBe(0);
  expect(await run("stop", "llm-a")).toEqual({
    stdout: "llm-a is stopped\n",
    stderr: "note: a start of llm-a was cut off and is now undone\n",
    status: 0,
  });
  expect(readdirSync(join(folder, "vms"))).toEqual([]);
});

test("a stop that was cut off is reported, and completed by a stop", async () => {
  const { run } = stateWith(instanceOf("llm-a", null, "stopping"));
  expect((await run("list")).stderr).toBe(
    "note: a stop of llm-a was cut off; the next run or adopt, or a stop of it, completes it\n",
  );
  expect(await run("stop", "llm-a")).toEqual({
    stdout: "llm-a is stopped\n",
    stderr: "note: a stop of llm-a was cut off and is now completed\n",
    status: 0,
  });
});

test("what cannot be undone now keeps what it holds, and is told", async () => {
  const cut = { ...instanceOf("llm-a", null, "starting"), via: "libvirt" as const };
  const running = { ...instanceOf("llm-b", null, "running"), via: "libvirt" as const };
  const uri = "qemu+unix:///system?socket=/none";
  const { folder, run } = stateWith({ ...cut, uri }, { ...running, uri });
  const { stdout, stderr, status } = await run("list");
  expect(stderr).toContain("note: a start of llm-a was cut off; the next run");
  expect(stdout).toMatch(/llm-a +starting +libvirt[^]+llm-b +unknown +libvirt/);
  expect(status).toBe(0);
  expect(readdirSync(join(folder, "vms"))).toContain("llm-a.json");
  const stop = await run("stop", "llm-a");
  expect(stop).toMatchObject({ stdout: "", status: 2 });
  expect(stop.stderr).toContain("note: a start of llm-a was cut off and cannot be undone now");
});

test("a damaged file is named, hides no other, and is left as it is", async () => {
  const { folder, run } = stateWith(instanceOf("llm-a", null, "running"));
  writeFileSync(join(folder, "vms", "llm-b.json"), '{"kind": "Instance"');
  const { stdout, stderr, status } = await run("list");
  expect(stdout).toContain("llm-a");
  expect(stderr).toContain("llm-b.json: cannot be used");
  expect(stderr).toContain("state-damaged");
  expect(status).toBe(2);
  expect(readFileSync(join(folder, "vms", "llm-b.json"), "utf8")).toBe('{"kind": "Instance"');
});

test("a VM is stopped by its own name, or with its tenant's where that is needed", async () => {
  const { folder, run } = stateWith(
    instanceOf("llm-a", "acme", "running"),
    instanceOf("llm-a", "zenith", "running"),
    instanceOf("llm-b", "acme", "running"),
  );
  expect((await run("stop", "llm-a")).stderr).toContain("several tenants have a VM of this name");
  expect((await run("stop", "llm-c")).stderr).toContain("vm-unknown");
  expect((await run("stop", "../vms/acme_llm-a")).stderr).toContain("vm-unknown");
  expect(await run("stop", "llm-b")).toMatchObject({
    stdout: "acme_llm-b is stopped\n",
    status: 0,
  });
  expect(await run("stop", "zenith_llm-a")).toMatchObject({ status: 0 });
  expect(readdirSync(join(folder, "vms"))).toEqual(["acme_llm-a.json"]);
  expect(await run("stop", "acme_llm-a", "--timeout", "soon")).toMatchObject({ status: 2 });
});
