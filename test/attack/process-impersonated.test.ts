import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import type { Instance } from "@evenkeel/core/instance/instance.ts";
import type { Plan } from "@evenkeel/core/plan/plan.ts";
import { defaultHostPolicy } from "@evenkeel/core/request/host-policy.ts";
import { planOf } from "@evenkeel/core/testing/guest/plan-of.ts";
import { requestOf } from "@evenkeel/core/testing/request/requests.ts";
import { MiB } from "@evenkeel/core/unit/bytes.ts";
import { emulatorUsers, readProcess } from "@evenkeel/host/procfs/process-record.ts";
import { readSource } from "@evenkeel/host/source/read-source.ts";
import { codedError } from "@evenkeel/host/testing/expect-error.ts";
import { startQemu, whyNoQemu } from "@evenkeel/host/testing/qemu.ts";
import { qemuInstance, type TestHost, testHost } from "@evenkeel/host/testing/vm-host.ts";
import { liveTree } from "@evenkeel/host/tree/directory-tree.ts";
import { type ListedVm, listVms } from "@evenkeel/host/vm/list.ts";
import { startVm } from "@evenkeel/host/vm/start.ts";
import { stopVm } from "@evenkeel/host/vm/stop.ts";
import { judge, plannedInstance, readVmEvidence } from "@evenkeel/host/vm/verify.ts";
import { expect, onTestFinished, test } from "vitest";

/**
 * An unprivileged user runs processes with the command line of a VM's emulator. The UUID is no
 * secret: it follows from the VM's name.
 */
const whyNot = process.getuid?.() === 0 ? whyNoQemu : "it needs root, to become another user";

const nobody = ["--reuid=65534", "--regid=65534", "--clear-groups"];
const qemu = "/usr/bin/qemu-system-x86_64";
const vmName = `sought-${process.pid}`;
const plan = planOf({ vm: vmName, cells: [{ cores: 1 }] });
const force = { timeoutMs: 0, force: true };

async function impostor(argv: readonly string[]): Promise<ChildProcess> {
  const child = spawn("setpriv", [...nobody, ...argv], { stdio: ["pipe", "ignore", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const started = (): boolean =>
    liveTree().readText(`/proc/${child.pid}/cmdline`)?.startsWith(qemu) === true;
  for (let waitedMs = 0; !started(); waitedMs += 20) {
    if (waitedMs > 10_000) throw new Error("the impostor has not started");
    await sleep(20);
  }
  return child;
}

/** A shell that calls itself QEMU, and a real QEMU, both of a user who runs no VMs. */
async function impostors({ name, uuid }: Instance): Promise<readonly ChildProcess[]> {
  const named = ["-name", `guest=${name}`, "-uuid", uuid];
  const shell = `exec -a ${qemu} bash -c 'read -r line' "$@"`;
  return [
    await impostor(["bash", "-c", shell, "bash", ...named]),
    await impostor([qemu, "-machine", "none", "-S", "-nodefaults", "-display", "none", ...named]),
  ];
}

const liveHost = (): Promise<TestHost> =>
  testHost({
    topology: () =>
      readSource("live", {
        parseTopology: () => {
          throw new Error("a live machine is no document");
        },
      }),
  });

async function startReal(host: TestHost): Promise<Instance> {
  onTestFinished(async () => void (await stopVm(vmName, force, host).catch(() => {})));
  const request = requestOf({
    name: vmName,
    vcpus: 1,
    memoryBytes: 128 * MiB,
    hugepageBytes: null,
    isolation: "shared",
  });
  const outcome = await startVm(
    {
      request,
      plan: null,
      flavors: [],
      policy: {
        ...defaultHostPolicy,
        reserved: { coresPerNode: 0, cpus: null, memoryPerNodeBytes: 0 },
      },
      via: "qemu",
      options: { emulated: true, firmware: "bios", boot: undefined, devices: [] },
    },
    { dryRun: false, interrupted: () => new AbortController().signal },
    host,
  );
  expect(outcome.kind, JSON.stringify(outcome)).toBe("started");
  if (outcome.kind !== "started") throw new Error(outcome.kind);
  return outcome.instance;
}

const pidSeen = async (instance: Instance, host: TestHost): Promise<number | undefined> =>
  (await readVmEvidence(plannedInstance(instance, host), {}, host)).process?.pid;

const holds = async (given: Plan, instance: Instance, host: TestHost): Promise<boolean> => {
  const evidence = await readVmEvidence(plannedInstance(instance, host), {}, host);
  return judge(given, evidence, { paths: null }).holds;
};

const isAlive = (child: ChildProcess): boolean =>
  child.exitCode === null && child.signalCode === null;

/** What is listed under the name of the VM, whatever else runs on the machine of the tests. */
async function listed(host: TestHost): Promise<readonly ListedVm[]> {
  return (await listVms(host)).vms.filter(({ name }) => name === vmName);
}

test.skipIf(whyNot !== null)(
  "impostors refuse no start, are never read as the VM, and receive no signal",
  async () => {
    const host = await liveHost();
    const others = await impostors(qemuInstance(plan));
    const instance = await startReal(host);
    const [user = { uid: 0 }] = emulatorUsers(liveTree());
    expect(instance.process).toMatchObject({ uid: user.uid, executable: qemu });
    const pid = instance.process?.pid;
    expect(others.map((one) => one.pid)).not.toContain(pid);
    // Also where the record is from before processes were recorded.
    for (const known of [instance, { ...instance, process: null }]) {
      await host.state.write(known);
      expect(await pidSeen(known, host)).toBe(pid);
      // The impostor that is a QEMU is listed as what it is: a VM that Evenkeel did not start.
      expect(await listed(host)).toMatchObject([
        { name: vmName, state: "running", pid, instance: { name: vmName } },
        { name: vmName, pid: others[1]?.pid, instance: null },
      ]);
    }
    expect((await stopVm(vmName, force, host)).kind).toBe("forced");
    expect(liveTree().readText(`/proc/${pid}/cmdline`) ?? "").toBe("");
    expect(others.map(isAlive)).toEqual([true, true]);
  },
);

test.skipIf(whyNot !== null)("impostors do not pass for a VM that has ended", async () => {
  const host = await testHost();
  const ended = qemuInstance(plan);
  const [first, ...more] = await impostors(ended);
  const record = first?.pid === undefined ? null : readProcess(liveTree(), first.pid);
  if (record === null) throw new Error("no impostor");
  // The id of the VM's process has passed to the impostor.
  const passed = { ...record, startTicks: record.startTicks - 1 };
  for (const known of [ended, { ...ended, process: passed }]) {
    await host.state.write(known);
    expect(await pidSeen(known, host)).toBeUndefined();
    expect(await holds(plan, known, host)).toBe(false);
    expect(await listed(host)).toMatchObject([
      { name: vmName, state: "gone", pid: null, instance: { name: vmName } },
      { name: vmName, pid: more[0]?.pid, instance: null },
    ]);
    expect((await stopVm(vmName, force, host)).kind).toBe("stopped");
  }
  expect([first, ...more].map((one) => one !== undefined && isAlive(one))).toEqual([true, true]);
});

test.skipIf(whyNot !== null)(
  "several processes that could be the VM are named, not judged and not ended",
  async () => {
    const host = await testHost();
    const known = qemuInstance(plan);
    await host.state.write(known);
    const args = ["-name", `guest=${vmName}`, "-uuid", known.uuid];
    const pids = [(await startQemu(args)).pid, (await startQemu(args)).pid].toSorted(
      (a, b) => a - b,
    );
    const evidence = await readVmEvidence(plannedInstance(known, host), {}, host);
    const why = evidence.unreadable.find(({ what }) => what === "process")?.why;
    expect(why).toContain("could be it");
    for (const pid of pids) expect(why).toContain(`${pid}`);
    expect(judge(plan, evidence, { paths: null }).holds).toBe(false);
    const error = await codedError("hypervisor-failed", () => stopVm(vmName, force, host));
    expect(error.message).toContain("none is ended");
    for (const pid of pids) expect(readProcess(liveTree(), pid)).not.toBeNull();
  },
);

test.skipIf(whyNot !== null)(
  "a recorded process is ended although another could be it",
  async () => {
    const host = await testHost();
    const args = ["-name", `guest=${vmName}`, "-uuid", qemuInstance(plan).uuid];
    const [own, other] = [await startQemu(args), await startQemu(args)];
    const ended = { process: readProcess(liveTree(), own.pid) };
    await host.state.write({ ...qemuInstance(plan), ...ended });
    expect((await stopVm(vmName, force, host)).kind).toBe("forced");
    expect(readProcess(liveTree(), own.pid)).toBeNull();
    expect(readProcess(liveTree(), other.pid)).not.toBeNull();
  },
);

test.runIf(whyNot !== null)(`no impostor can be tried: ${whyNot}`, () => {});
