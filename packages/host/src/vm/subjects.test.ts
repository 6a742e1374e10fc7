import { type ChildProcess, spawn } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readDocument } from "@evenkeel/contract/read-document.ts";
import type { Evidence } from "@evenkeel/core/evidence/evidence.ts";
import { subjectOf } from "@evenkeel/core/explain/subject/subject.ts";
import { guestFromPlan } from "@evenkeel/core/guest/from-plan.ts";
import { planOf } from "@evenkeel/core/testing/guest/plan-of.ts";
import type { Instance } from "@evenkeel/core/instance/instance.ts";
import { MiB } from "@evenkeel/core/unit/bytes.ts";
import { sumOf } from "@evenkeel/core/unit/sum.ts";
import type { Verdict } from "@evenkeel/core/verify/verdict/verdict.ts";
import { expect, onTestFinished, test } from "vitest";
import { hostWith } from "../../testing/emulated-host.ts";
import { codedError } from "../../testing/expect-error.ts";
import { startQemu, whyNoQemu } from "../../testing/qemu.ts";
import { scratchFolder } from "../../testing/scratch.ts";
import { qemuInstance, testHost, testTime } from "../../testing/vm-host.ts";
import { treeOf } from "../../testing/sysfs/tree-of.ts";
import { readProcess } from "../procfs/process-record.ts";
import { ignore } from "../text/note.ts";
import { liveTree } from "../tree/directory-tree.ts";
import type { Tree } from "../tree/tree.ts";
import { type SubjectHost, subjectsHere } from "./subjects.ts";
import { judge, plannedInstance, readVmEvidence } from "./verify.ts";

const isLinux = process.platform === "linux";

async function hostOf(
  tree: () => Tree = liveTree,
  instances: readonly Instance[] = [],
): Promise<SubjectHost> {
  const machineTree = async (): Promise<Tree> => tree();
  return {
    ...(await testHost({ tree })),
    machineTree,
    note: ignore,
    instances: () => instances,
  };
}

/** What is read of a word, after it was printed and read again as a document. */
async function evidenceOf(word: string, host?: SubjectHost): Promise<Evidence> {
  const { read } = await subjectsHere(host ?? (await hostOf()));
  const evidence = await read(word);
  expect(readDocument(JSON.stringify(evidence), "record", "Evidence")).toEqual(evidence);
  return evidence;
}

/** A process that has started once it says so, and ends with the test. */
async function started(program: string, args: readonly string[], env = {}): Promise<ChildProcess> {
  const stdio = ["pipe", "pipe", "ignore"] as const;
  const child = spawn(program, args, { stdio: [...stdio], env: { ...process.env, ...env } });
  onTestFinished(() => void child.kill("SIGKILL"));
  await new Promise((resolve, reject) => {
    child.stdout?.once("data", resolve);
    child.once("error", reject);
  });
  return child;
}

const sleeper = ["-e", "console.log('ready'); setInterval(() => {}, 60_000)"];

const present = ({ memory }: Evidence, kind: string): number =>
  sumOf(
    (memory ?? []).filter((one) => one.kind === kind).flatMap(({ onNodes }) => onNodes),
    ({ bytes }) => bytes,
  );

/** Without how many threads there are, since QEMU's own come and go. */
const sentencesOf = ({ verified, ...verdict }: Verdict) => ({
  ...verdict,
  verified: verified.map(({ what }) => what),
});

const guestMemory = [
  "-m",
  "64M",
  "-smp",
  "2",
  "-object",
  "memory-backend-memfd,id=ram-node0,size=64M,share=on,prealloc=on",
  "-numa",
  "node,nodeid=0,cpus=0-1,memdev=ram-node0",
];

test.skipIf(whyNoQemu !== null)(
  "a real VM without a plan is read by its number and its name, with its neighbours",
  async () => {
    const name = `plain-${process.pid}`;
    const vm = await startQemu(["-name", `guest=${name},debug-threads=on`, ...guestMemory]);
    const other = await startQemu(["-name", `guest=beside-${process.pid}`, "-m", "32M"]);
    const evidence = await evidenceOf(`${vm.pid}`);
    const { process: own, threads, shapes, machine } = evidence;
    expect(evidence).toMatchObject({ of: "vm", name, host: "two", takenAt: testTime });
    expect(own).toMatchObject({ pid: vm.pid, name, threadCount: threads?.length });
    expect(own?.hugeMemory?.residentBytes).toBeGreaterThan(64 * MiB);
    expect(evidence.memory).toMatchObject([
      { kind: "guest", backend: "ram-node0", cell: 0, bytes: 64 * MiB, pageBytes: 4096 },
    ]);
    expect(present(evidence, "guest")).toBe(64 * MiB);
    expect(evidence.memory?.[0]?.line).not.toContain("memfd");
    const vcpus = (threads ?? []).filter(({ role }) => role?.kind === "vcpu");
    expect(vcpus.map(({ role }) => role)).toEqual([
      { kind: "vcpu", id: 0 },
      { kind: "vcpu", id: 1 },
    ]);
    expect(vcpus.every(({ ranNs, waitedNs }) => ranNs !== null && waitedNs !== null)).toBe(true);
    expect(shapes.map(({ source }) => source)).toEqual(["command-line", "monitor"]);
    expect(machine?.topology?.name).toBe("two");
    const neighbours = machine?.neighbours ?? [];
    expect(neighbours.find(({ pid }) => pid === other.pid)).toMatchObject({ isVm: true });
    expect(neighbours.map(({ pid }) => pid)).not.toContain(vm.pid);
    expect(neighbours.map(({ pid }) => pid)).not.toContain(process.pid);
    expect((await evidenceOf(name)).process?.pid).toBe(vm.pid);
    const thread = threads?.find(({ tid }) => tid !== vm.pid)?.tid;
    await codedError("process-unknown", () => evidenceOf(`${thread}`));
  },
);

test.skipIf(whyNoQemu !== null)(
  "a recorded VM is read by its plan's name too, and judged as by a live reading",
  async () => {
    const plan = planOf({
      vm: `planned-${process.pid}`,
      tenant: "acme",
      cells: [{ cores: 1, memory: [{ node: 0, bytes: 64 * MiB }] }],
    });
    const { name, uuid } = guestFromPlan(plan);
    const args = ["-name", `guest=${name},debug-threads=on`, "-uuid", uuid, ...guestMemory];
    const { pid } = await startQemu(args);
    const instance = qemuInstance(plan, { process: readProcess(liveTree(), pid) });
    const host = await hostOf(liveTree, [instance]);
    const live = judge(plan, await readVmEvidence(plannedInstance(instance, host), {}, host), {
      paths: null,
    });
    expect(live.findings.length).toBeGreaterThan(0);
    for (const word of [plan.vm, name, uuid, `${pid}`]) {
      const evidence = await evidenceOf(word, host);
      expect([evidence.name, evidence.process?.pid]).toEqual([name, pid]);
      expect(sentencesOf(judge(plan, evidence, { paths: null }))).toEqual(sentencesOf(live));
    }
    const off = { ...instance, process: { pid: 1, startTicks: 1, uid: 0, executable: "/x" } };
    const error = await codedError("vm-unknown", async () =>
      evidenceOf(name, await hostOf(liveTree, [off])),
    );
    expect(error.message).toContain("it does not run");
  },
);

test.skipIf(!isLinux)(
  "a record has no word of a process's arguments, environment or files",
  async () => {
    const secret = "hunter2hunter2";
    const folder = join(scratchFolder(), secret);
    mkdirSync(folder);
    // Of no other file it has as many pages, so its name would be in the record's words.
    copyFileSync(process.execPath, join(folder, "program"));
    const child = await started(join(folder, "program"), [...sleeper, secret], { TOKEN: secret });
    const kernel = (file: string): string => readFileSync(`/proc/${child.pid}/${file}`, "utf8");
    for (const file of ["cmdline", "environ", "numa_maps"]) expect(kernel(file)).toContain(secret);
    const evidence = await evidenceOf(`${child.pid}`);
    expect(evidence).toMatchObject({ of: "process", name: `process ${child.pid}`, guest: null });
    expect(present(evidence, "file")).toBeGreaterThan(0);
    expect(JSON.stringify(evidence)).not.toContain(secret);
  },
);

test.skipIf(!isLinux)(
  "a process says when it started, and one that takes its number meanwhile is not read for it",
  async () => {
    const { pid } = await started(process.execPath, sleeper);
    const { process: own } = await evidenceOf(`${pid}`);
    expect(own).toMatchObject({
      pid,
      startTicks: readProcess(liveTree(), Number(pid))?.startTicks,
    });
    const live = liveTree();
    let isAnother = false;
    const reused: Tree = {
      ...live,
      readText: (path) => {
        const text = live.readText(path);
        if (path.startsWith(`/proc/${pid}/task/`)) isAnother = true;
        if (path !== `/proc/${pid}/stat` || text === null || !isAnother) return text;
        const fields = text.split(" ");
        // The program's name has no space, so the start is the 22nd field.
        return fields.with(21, `${Number(fields[21]) + 1}`).join(" ");
      },
    };
    const { read } = await subjectsHere(await hostOf(() => reused));
    isAnother = false;
    const error = await codedError("process-gone", () => read(`${pid}`));
    expect(error.message).toContain("another has its number");
  },
);

test.skipIf(!isLinux)("a busy process is a neighbour, and none of its own parent's", async () => {
  const spin = `const c = require("node:child_process").spawn(process.execPath,
    ["-e", "for (;;);"]); console.log(c.pid); process.on("exit", () => c.kill("SIGKILL"));
    process.stdin.on("end", () => process.exit()); process.stdin.resume();`;
  const parent = spawn(process.execPath, ["-e", spin], { stdio: ["pipe", "pipe", "inherit"] });
  onTestFinished(async () => {
    const ended = new Promise((resolve) => parent.once("exit", resolve));
    parent.stdin.end();
    await ended;
  });
  const child = Number(await new Promise((resolve) => parent.stdout.once("data", resolve)));
  const beside = await started(process.execPath, sleeper);
  // A machine that has much else to do may not have run it yet.
  for (let tries = 0; ; tries++) {
    const seen = ((await evidenceOf(`${beside.pid}`)).machine?.neighbours ?? []).find(
      ({ pid }) => pid === child,
    );
    if (seen === undefined && tries < 20) continue;
    expect(seen).toMatchObject({ isVm: false, devices: [] });
    expect(seen?.busyCpus).toBeGreaterThan(0);
    expect(sumOf(seen?.memory ?? [], ({ bytes }) => bytes)).toBeGreaterThan(MiB);
    break;
  }
  const ofParent = await evidenceOf(`${parent.pid}`);
  expect((ofParent.machine?.neighbours ?? []).map(({ pid }) => pid)).not.toContain(child);
});

/** Where containers of version 1 and of version 2 have their CPUs. */
const cgroupRoot = ["/sys/fs/cgroup/cpuset", "/sys/fs/cgroup"].find((path) =>
  existsSync(join(path, "cgroup.procs")),
);

test.skipIf(!isLinux)("a container is read by its id, from a real cgroup", async (context) => {
  const id = process.pid.toString(16).padEnd(64, "c");
  const folder = join(cgroupRoot ?? "/none", `docker-${id}.scope`);
  try {
    mkdirSync(folder);
  } catch {
    context.skip(true, "a cgroup cannot be made here");
  }
  onTestFinished(() => removed(folder));
  for (const file of ["cpuset.cpus", "cpuset.mems"]) {
    if (existsSync(join(folder, file))) writeFileSync(join(folder, file), "0");
  }
  const child = await started(process.execPath, sleeper);
  writeFileSync(join(folder, "cgroup.procs"), `${child.pid}`);
  const evidence = await evidenceOf(`container:${id.slice(0, 12)}`);
  expect(evidence).toMatchObject({ of: "container", name: `container ${id.slice(0, 12)}` });
  expect(evidence.process?.pid).toBe(child.pid);
  expect(new Set(evidence.threads?.map(({ cgroup }) => cgroup))).toEqual(
    new Set([`/docker-${id}.scope`]),
  );
  child.kill("SIGKILL");
});

/** A cgroup can be removed once its processes have ended. */
async function removed(folder: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      return rmdirSync(folder);
    } catch (error) {
      if (tries === 100) throw error;
      await sleep(50);
    }
  }
}

test.skipIf(!isLinux)(
  "what may not be read of another user's process is listed with why",
  async () => {
    const child = await started(process.execPath, sleeper);
    const folder = `/proc/${child.pid}`;
    const closed = /^\/proc\/\d+\/(?:numa_maps|maps|smaps_rollup|fd|exe|mountinfo)$/;
    const asOther = (): Tree => {
      const tree = liveTree();
      const hidden = (path: string): boolean => path.startsWith(folder) && closed.test(path);
      return {
        ...tree,
        readText: (path) => (hidden(path) ? null : tree.readText(path)),
        list: (path) => (hidden(path) ? [] : tree.list(path)),
        readLink: (path) => (hidden(path) ? null : tree.readLink(path)),
      };
    };
    const evidence = await evidenceOf(`${child.pid}`, await hostOf(asOther));
    expect(evidence).toMatchObject({ of: "process", memory: null, devices: [] });
    expect(evidence.process).toMatchObject({ vfioFiles: null, hugeMemory: null });
    expect(evidence.threads?.length).toBeGreaterThan(1);
    const uid = process.getuid?.();
    const remedy = uid === 0 ? "" : ": run as root";
    const why = `process ${child.pid} of user ${uid} may not be looked into${remedy}`;
    expect(evidence.unreadable).toEqual(
      expect.arrayContaining([
        { what: "memory", why },
        { what: "memory in huge pages", why },
        { what: "devices", why: "its open files may not be read" },
      ]),
    );
  },
);

const router = { pid: 400, name: "router", uuid: "3f0e6d3a-0-0-0-1", vcpus: ["4", "5"] };

test("without names of threads and a monitor, none is known for a vCPU's", async () => {
  const read = async (named: boolean): Promise<Evidence> =>
    evidenceOf("router", await hostOf(() => hostWith([{ ...router, named }])));
  const [known, unknown] = [await read(true), await read(false)];
  const what = (evidence: Evidence) => evidence.unreadable.map((one) => one.what);
  expect(subjectOf(known).workers?.map(({ role }) => role?.kind)).toEqual(["vcpu", "vcpu"]);
  expect(what(known)).not.toContain("roles of threads");
  expect(subjectOf(unknown)).toMatchObject({ workers: null, helpers: null });
  expect(what(unknown)).toContain("roles of threads");
});

test("the devices of a VM are those it has open; its neighbours are all other VMs", async () => {
  const groups = { 40: ["0000:41:00.0", "0000:41:00.1"], 41: ["0000:42:00.0"] };
  const memory = [{ node: 1, pageKiB: 1 << 20, pages: 3 }];
  const other = { ...router, pid: 500, name: "other", uuid: "x", groups: [41], memory };
  const tree = hostWith([{ ...router, groups: [40] }, other], groups);
  const evidence = await evidenceOf("router", await hostOf(() => tree));
  expect(evidence.devices.map(({ address }) => address)).toEqual(groups[40]);
  expect(evidence.process?.vfioFiles).toEqual(["/dev/vfio/40"]);
  expect(evidence.machine?.neighbours).toEqual([
    {
      name: "other",
      pid: 500,
      isVm: true,
      vcpus: [
        { count: 1, cpus: "4" },
        { count: 1, cpus: "5" },
      ],
      memory: [{ node: 1, pageBytes: 2 ** 30, bytes: 3 * 2 ** 30 }],
      devices: ["0000:42:00.0"],
      busyCpus: null,
    },
  ]);
});

test("the machine itself is a subject, with its own report only where it is a guest", async () => {
  const cpuinfo = (flags: string) => `processor\t: 0\nmodel name\t: X\nflags\t\t: ${flags}\n`;
  const machineOf = async (flags: string): Promise<Evidence> => {
    const tree = hostWith([router], {}, { "/proc/cpuinfo": cpuinfo(flags) });
    const { machine, vms } = await subjectsHere(await hostOf(() => tree));
    expect(vms).toEqual([router.pid]);
    const evidence = machine();
    expect(readDocument(JSON.stringify(evidence), "record", "Evidence")).toEqual(evidence);
    return evidence;
  };
  const host = await machineOf("fpu avx2");
  expect(host).toMatchObject({ of: "machine", name: "two", process: null, guest: null });
  expect(host.machine?.neighbours?.map(({ name }) => name)).toEqual(["router"]);
  expect((await machineOf("fpu avx2 hypervisor")).guest?.cpu?.model).toBe("X");
});

test("a machine of which nothing is known has no topology, and says so", async () => {
  const tree = treeOf({ "/proc/400/status": "Name:\tx\nTgid:\t400\n" });
  const evidence = await evidenceOf("400", await hostOf(() => tree));
  expect(evidence.machine?.topology).toBeNull();
  expect(evidence.unreadable.map(({ what }) => what)).toEqual(
    expect.arrayContaining(["topology", "threads", "memory", "devices", "nodes"]),
  );
});

test("a machine with ten thousand processes is looked at in bounded time", async () => {
  const files: Record<string, string> = { "/sys/devices/system/cpu/online": "0-31\n" };
  const links: Record<string, string> = {};
  for (let pid = 1; pid <= 10_000; pid++) {
    const stat = `${pid} (x) S 1 1 1 0 -1 0 0 0 0 0 5 5 0 0 20 0 1 0 ${pid} 1 1\n`;
    files[`/proc/${pid}/stat`] = stat;
    files[`/proc/${pid}/statm`] = "9 1 1 1 0 1 0\n";
    files[`/proc/${pid}/cmdline`] = "x\0";
    files[`/proc/${pid}/status`] = `Name:\tx\nTgid:\t${pid}\nUid:\t0\t0\t0\t0\n`;
    links[`/proc/${pid}/exe`] = "/usr/bin/x";
    links[`/proc/${pid}/fd/0`] = "/dev/null";
  }
  const tree = treeOf(files, links);
  const host = await hostOf(() => tree);
  const before = process.cpuUsage();
  const evidence = await evidenceOf("4711", host);
  expect(process.cpuUsage(before).user / 1e6).toBeLessThan(20);
  expect(evidence.machine?.neighbours).toEqual([]);
});
