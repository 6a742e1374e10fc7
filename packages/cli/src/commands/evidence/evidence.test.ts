import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { readDocument } from "@evenkeel/contract/read-document.ts";
import { guestFromPlan } from "@evenkeel/core/guest/from-plan.ts";
import { planOf } from "@evenkeel/core/testing/guest/plan-of.ts";
import { MiB } from "@evenkeel/core/unit/bytes.ts";
import { startQemu, whyNoQemu } from "@evenkeel/host/testing/qemu.ts";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { expect, test } from "vitest";
import { evenkeel } from "../../../testing/evenkeel.ts";

/** No libvirt answers at this address, and no VM is recorded. */
const env = { LIBVIRT_DEFAULT_URI: "test:///elsewhere", EVENKEEL_STATE: "/nonexistent/state" };

test.skipIf(whyNoQemu !== null)(
  "the record of a real VM is judged as the VM itself, anywhere and by anybody",
  async () => {
    const folder = scratchFolder();
    const plan = planOf({
      vm: `recorded-${process.pid}`,
      cells: [{ cores: 1, memory: [{ node: 0, bytes: 64 * MiB }] }],
    });
    const { name, uuid } = guestFromPlan(plan);
    const named = ["-name", `guest=${name},debug-threads=on`, "-uuid", uuid];
    const { pid } = await startQemu([
      ...named,
      "-smp",
      "2",
      "-m",
      "64M",
      "-object",
      "memory-backend-ram,id=ram-node0,size=64M,prealloc=on",
      "-numa",
      "node,nodeid=0,cpus=0-1,memdev=ram-node0",
    ]);
    const record = join(folder, "vm.json");
    const planFile = join(folder, "plan.json");
    writeFileSync(planFile, JSON.stringify(plan));
    for (const word of [name, uuid, `${pid}`]) {
      const { stdout, stderr, status } = await evenkeel(["evidence", word], { env });
      expect([status, stderr]).toEqual([0, ""]);
      const { takenAt } = readDocument(stdout, "stdout", "Evidence");
      writeFileSync(record, stdout);
      const verify = ["verify", plan.vm, "--plan", planFile, "--output", "json"];
      const live = await evenkeel([...verify, "--scope", "host"], { env });
      const recorded = await evenkeel([...verify, "--scope", "host", "--evidence", record], {
        env,
      });
      // Prices need the host's topology, and QEMU's own threads come and go.
      const said = (text: string): unknown => {
        const verdict = readDocument(text, "stdout", "Verdict");
        const { findings, verified } = verdict;
        return {
          ...verdict,
          findings: findings.map(({ cost: _cost, ...finding }) => finding),
          verified: verified.map(({ what }) => what),
        };
      };
      const { host } = readDocument(live.stdout, "stdout", "Verdict");
      expect(said(recorded.stdout)).toMatchObject({ host, takenAt });
      const apart = /"takenAt": "[^"]*"/;
      expect(said(recorded.stdout.replace(apart, '"takenAt": "2026-01-31T12:00:00.000Z"'))).toEqual(
        said(live.stdout.replace(apart, '"takenAt": "2026-01-31T12:00:00.000Z"')),
      );
      expect(recorded.status).toBe(3);
    }
  },
);

test.skipIf(whyNoQemu !== null)(
  "why and doctor read what runs here as they read its record",
  async () => {
    const folder = scratchFolder();
    const name = `shown-${process.pid}`;
    const { pid } = await startQemu(["-name", `guest=${name},debug-threads=on`, "-m", "64M"]);
    const record = join(folder, "vm.json");
    const { stdout } = await evenkeel(["evidence", name], { env });
    writeFileSync(record, stdout);
    const why = await evenkeel(["why", `${pid}`, record, "--output", "json"], { env });
    expect(JSON.parse(why.stdout)).toMatchObject({ kind: "Explanation", a: name, b: name });
    const doctor = await evenkeel(["doctor", "--output", "json"], { env });
    const subjects = readDocument(doctor.stdout, "stdout", "Diagnosis").subjects;
    expect(subjects[0]?.of).toBe("machine");
    expect(subjects.map((one) => one.name)).toContain(name);
    const unknown = await evenkeel(["why", record, "no-such-vm"], { env });
    expect([unknown.status, unknown.stdout]).toEqual([2, ""]);
    expect(unknown.stderr).toContain("code      vm-unknown");
  },
);

/** A recorded machine with one process of QEMU and one of another program. */
function machine(): string {
  const folder = scratchFolder();
  const file = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  file("sys/devices/system/cpu/online", "0-1\n");
  file("proc/sys/kernel/hostname", "recorded-host\n");
  for (const pid of [400, 500]) {
    file(`proc/${pid}/status`, `Name:\tx\nTgid:\t${pid}\nThreads:\t1\nUid:\t0\t0\t0\t0\n`);
    file(`proc/${pid}/stat`, `${pid} (x) S 1 1 1 0 -1 0 0 0 0 0 5 5 0 0 20 0 1 0 ${pid} 1 1\n`);
    file(`proc/${pid}/task/${pid}/status`, "Name:\tx\nCpus_allowed_list:\t0-1\n");
    file(`proc/${pid}/maps`, "7f0000000000-7f0004000000 rw-p 00000000 00:00 0 \n");
    file(
      `proc/${pid}/numa_maps`,
      "7f0000000000 default anon=9 dirty=9 N0=4 N1=5 kernelpagesize_kB=4\n",
    );
  }
  const words = ["/usr/bin/kvm", "-id", "100", "-name", "web-1", "-m", "64"];
  file("proc/400/cmdline", words.map((word) => `${word}\0`).join(""));
  file("proc/500/cmdline", "trainer\0");
  return folder;
}

test("a recorded machine is read as a live one, without asking anything of this one", async () => {
  const root = machine();
  const read = async (word: string) => {
    const { stdout, status } = await evenkeel(["evidence", word, "--root", root], { env });
    expect(status).toBe(0);
    return readDocument(stdout, "stdout", "Evidence");
  };
  const process = await read("500");
  expect(process).toMatchObject({ of: "process", name: "process 500", host: "recorded-host" });
  expect(process.memory).toMatchObject([
    {
      kind: "anonymous",
      onNodes: [
        { node: 0, bytes: 16_384 },
        { node: 1, bytes: 20_480 },
      ],
    },
  ]);
  expect(process.machine?.topology?.name).toBe("recorded-host");
});

test("what cannot be read is refused with what was expected", async () => {
  const root = machine();
  const cases = [
    [["evidence", "no-such-vm"], "code      vm-unknown"],
    [["evidence", "999999999"], "code      process-unknown"],
    [["evidence", "container:dead"], "code      process-unknown"],
    [["evidence", "container:xyz"], "4 to 64 of its hexadecimal digits"],
    [["evidence", "./vm.json"], "the name of a file"],
    [["evidence", "vm.json"], "the name of a file"],
    [["evidence", "500", "--root", root, "--qmp", "/x"], "no effect with --root"],
    [["evidence", "500", "--root", root, "--state", "/x"], "no effect with --root"],
    [["evidence", "500", "--root", "/nonexistent"], "code      file-missing"],
  ] as const;
  for (const [args, said] of cases) {
    const { stdout, stderr, status } = await evenkeel(args, { env });
    expect([stdout, status], args.join(" ")).toEqual(["", 2]);
    expect(stderr).toContain(said);
  }
});
