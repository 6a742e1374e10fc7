import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { bootHost, type Host, workerProgram } from "../machine/host.ts";
import { oneUnplaced } from "../machine/shape.ts";
import { endJob, execWorker, prepared, startJob, toldIn, whereIn } from "../machine/worker.ts";
import { words } from "../machine/words.ts";

/**
 * `evenkeel exec` with a program that has threads and a child, on two sockets of two nodes: CPUs
 * 0-1, 2-3, 4-5, 6-7. What the program and its threads may use and where their pages are is the
 * kernel's own word in every test.
 */
let host: Host;
beforeAll(async () => {
  host = await bootHost(oneUnplaced);
});
afterAll(() => host?.stop());

const sh = (script: string): Promise<string> => host.ok("/bin/sh", ["-ec", script]);

const unplaced = "0000:00:05.0";

/** Takes out the one of unknown node, once; the numbers of --gpu then begin with node 0. */
const takenOut = (): Promise<string> => {
  const device = `/sys/bus/pci/devices/${unplaced}`;
  return sh(`if [ -e ${device} ]; then echo 1 > ${device}/remove; fi`);
};

describe("an accelerator whose node nobody tells", () => {
  test("leaves the program unbound, with a word", async () => {
    expect((await sh(`cat /sys/bus/pci/devices/${unplaced}/numa_node`)).trim()).toBe("-1");
    const outcome = await execWorker(host, words("--gpu", "0"));
    expect(whereIn(outcome)).toMatchObject({ cpus: "0-7", policy: "default" });
    expect(toldIn(outcome)).toEqual({ cpus: null, memory: "none", memoryNodes: null });
    expect(outcome.stderr).toContain("evenkeel: not bound\n");
    expect(outcome.stderr).toContain(`the node of GPU ${unplaced}`);
  });

  test("--require refuses, and the program does not start", async () => {
    const outcome = await execWorker(host, words("--gpu", "0", "--require"));
    expect([outcome.status, outcome.stdout]).toEqual([125, ""]);
    expect(outcome.stderr).toContain(`the node of GPU ${unplaced}`);
  });

  test("with one that is known beside it, it is bound to neither", async () => {
    const outcome = await execWorker(host, words("--gpu", "0,4"));
    expect(whereIn(outcome)).toMatchObject({ cpus: "0-7", policy: "default" });
    expect(outcome.stderr).toContain("not bound");
  });
});

describe("once that is taken out", () => {
  beforeAll(takenOut);

  test.each([
    ["strict", "0", { cpus: "0-1", policy: "bind:0", nodes: [0], afterLeaving: [0] }],
    ["strict", "3", { cpus: "4-5", policy: "bind:2", nodes: [2], afterLeaving: [2] }],
    ["preferred", "3", { cpus: "4-5", policy: "prefer:2", nodes: [2], afterLeaving: [2] }],
  ])("memory %s, GPU %s: CPUs and pages of threads and child", async (memory, gpu, where) => {
    const outcome = await execWorker(host, words("--gpu", gpu, "--memory", memory, "--require"));
    expect(whereIn(outcome)).toEqual(where);
    const { cpus, nodes } = where;
    expect(toldIn(outcome)).toEqual({ cpus, memory, memoryNodes: `${nodes[0]}` });
  });

  test("memory none: pages come from where the threads run, which is elsewhere once they leave", async () => {
    const outcome = await execWorker(host, words("--gpu", "3", "--memory", "none", "--require"));
    const { afterLeaving, ...where } = whereIn(outcome);
    expect(where).toEqual({ cpus: "4-5", policy: "default", nodes: [2] });
    expect(afterLeaving).not.toContain(2);
  });

  test("two GPUs on different nodes: the CPUs and the memory of both", async () => {
    const { nodes, ...where } = whereIn(await execWorker(host, words("--gpu", "0,3")));
    expect(where).toMatchObject({ cpus: "0-1,4-5", policy: "bind:0,2" });
    expect(nodes.every((node) => node === 0 || node === 2)).toBe(true);
  });

  test("two GPUs on different nodes, by preference: policy of many", async () => {
    const outcome = await execWorker(host, words("--gpu", "0,3", "--memory", "preferred"));
    expect(toldIn(outcome)).toMatchObject({ memory: "preferred", memoryNodes: "0,2" });
    const { nodes, ...where } = whereIn(outcome);
    expect(where).toMatchObject({ cpus: "0-1,4-5", policy: "prefer-many:0,2" });
    expect(nodes.every((node) => node === 0 || node === 2)).toBe(true);
  });

  test.each([
    ["socket", "4-7", "bind:2-3"],
    ["core-complex", "4-5", "bind:2"],
    ["exclusive", "4-5", "bind:2"],
  ])("mode %s", async (mode, cpus, policy) => {
    const outcome = await execWorker(host, words("--gpu", "3", "--mode", mode));
    expect(whereIn(outcome)).toMatchObject({ cpus, policy });
    expect(toldIn(outcome)).toMatchObject({ cpus, memory: "strict" });
    expect(outcome.stderr).not.toContain("not as asked");
  });
});

/** The wishes of cpusets, which are the same in both versions of cgroups, and what follows. */
const cpusets = [
  ["a part of the GPU's node", "1,4-7", "0-3", { cpus: "1", policy: "bind:0" }, null],
  ["nothing of it, but the nearest", "2-7", "0-3", { cpus: "2-3", policy: "bind:1" }, "CPU"],
  ["nothing of it, and two as near", "4-7", "0-3", { cpus: "4-7", policy: "bind:2-3" }, "CPU"],
  ["its CPUs without its memory", "0-7", "1,3", { cpus: "0-1", policy: "bind:1" }, "memory"],
] as const;

describe.each([
  {
    version: "2",
    folder: "/sys/fs/cgroup",
    begin: "cd /sys/fs/cgroup; echo +cpuset > cgroup.subtree_control",
    procs: "cgroup.procs",
    end: "rmdir /sys/fs/cgroup/job-*; echo -cpuset > /sys/fs/cgroup/cgroup.subtree_control",
  },
  {
    version: "1",
    folder: "/sys/fs/cgroup/cpuset",
    begin: [
      "umount /sys/fs/cgroup; mount -t tmpfs cgroup /sys/fs/cgroup; mkdir /sys/fs/cgroup/cpuset",
      "mount -t cgroup -o cpuset cpuset /sys/fs/cgroup/cpuset",
    ].join("; "),
    procs: "tasks",
    end: [
      "rmdir /sys/fs/cgroup/cpuset/job-*; umount /sys/fs/cgroup/cpuset; umount /sys/fs/cgroup",
      "mount -t cgroup2 cgroup /sys/fs/cgroup",
    ].join("; "),
  },
])("in a cpuset, cgroups of version $version", ({ folder, begin, procs, end }) => {
  beforeAll(async () => {
    await takenOut();
    await sh(begin);
  });
  afterAll(() => sh(end));
  let made = 0;

  /** A line of sh that enters a new cpuset. */
  async function entering(cpus: string, mems: string): Promise<string> {
    const path = `${folder}/job-${++made}`;
    await sh(
      `mkdir ${path}; echo ${cpus} > ${path}/cpuset.cpus; echo ${mems} > ${path}/cpuset.mems`,
    );
    return `echo 0 > ${path}/${procs}`;
  }

  test.each(cpusets)("%s", async (_, cpus, mems, where, without) => {
    const outcome = await execWorker(
      host,
      words("--gpu", "0"),
      prepared(await entering(cpus, mems)),
    );
    expect(whereIn(outcome)).toMatchObject(where);
    expect(toldIn(outcome)).toMatchObject({ cpus: where.cpus, memory: "strict" });
    const said = [...outcome.stderr.matchAll(/not as asked: .* may use no (\w+)/g)];
    expect(said.map(([, what]) => what)).toEqual(without === null ? [] : [without]);
    if (without === null) expect(outcome.stderr).not.toContain("not as asked");
  });

  test("a job that holds a core outside of its cpuset keeps nobody from it", async () => {
    const enters = await entering("6-7", "3");
    const lease = "/run/evenkeel/leases/core-0";
    await sh(`mkdir -p -m 1777 /run/evenkeel/leases; touch ${lease}`);
    const holds = `(${enters}; exec flock --no-fork ${lease} sleep 1000)`;
    const pid = (await sh(`${holds} > /dev/null 2>&1 & echo $!; sleep 1`)).trim();
    const outcome = await execWorker(host, words("--gpu", "0", "--mode", "exclusive"));
    expect(whereIn(outcome)).toMatchObject({ cpus: "0-1" });
    expect(outcome.stderr).toContain(`holds ${lease} and may not run there`);
    await sh(`kill -9 ${pid}; while [ -d /proc/${pid} ]; do sleep 0.1; done`);
  });
});

describe("exclusive, on node 1 with two GPUs and two cores", () => {
  beforeAll(takenOut);
  // A test that fails leaves the next one its cores.
  afterEach(() => sh("pkill -9 -x worker || true"));
  const exclusive = words("--mode", "exclusive", "--gpu");

  test("two jobs at once for one GPU get different cores; a third gets none", async () => {
    const both = await Promise.all([1, 2].map(() => startJob(host, [...exclusive, "1"])));
    const cpus = both.map((job) => whereIn(job).cpus);
    expect(cpus.toSorted((a, b) => Number(a) - Number(b))).toEqual(["2", "3"]);
    for (const job of both) expect(whereIn(job)).toMatchObject({ policy: "bind:1", nodes: [1] });
    const third = await execWorker(host, [...exclusive, "1"]);
    expect([third.status, third.stdout]).toEqual([125, ""]);
    expect(third.stderr).toMatch(/other commands hold all .*2 usable cores of node 1/);

    const [first, second] = both;
    if (first === undefined || second === undefined) throw new Error("no jobs");
    await endJob(host, first);
    const next = await startJob(host, [...exclusive, "1"]);
    expect(whereIn(next).cpus).toBe(cpus[0]);
    for (const job of [second, next]) await endJob(host, job);
  });

  test("two jobs at once for two GPUs get the share of each", async () => {
    const both = await Promise.all(["1", "2"].map((gpu) => startJob(host, [...exclusive, gpu])));
    expect(both.map((job) => whereIn(job).cpus)).toEqual(["2", "3"]);
    for (const job of both) await endJob(host, job);
  });
});

describe("a seccomp profile that refuses", () => {
  beforeAll(takenOut);
  const refusing = (calls: string, action = "errno"): readonly string[] => {
    return [workerProgram, "refuse", action, calls];
  };
  const whole = { cpus: "4-5", policy: "bind:2" };

  test.each([
    ["sched_setaffinity", { cpus: "0-7", policy: "bind:2" }, ["sched_setaffinity"]],
    [
      "set_mempolicy",
      { cpus: "4-5", policy: "default" },
      ["set_mempolicy bind", "set_mempolicy preferred"],
    ],
    ["set_mempolicy-bind", { cpus: "4-5", policy: "prefer:2" }, ["set_mempolicy bind"]],
    ["mbind", whole, []],
    ["move_pages", whole, []],
    ["get_mempolicy", whole, []],
    [
      "sched_setaffinity,set_mempolicy,mbind,move_pages,get_mempolicy",
      { cpus: "0-7", policy: "default" },
      ["sched_setaffinity", "set_mempolicy bind", "set_mempolicy preferred"],
    ],
  ])("%s", async (calls, where, refused) => {
    const outcome = await execWorker(host, words("--gpu", "3"), refusing(calls));
    expect(whereIn(outcome)).toMatchObject(where);
    const [memory, node] = where.policy.split(":");
    expect(toldIn(outcome)).toEqual({
      cpus: where.cpus === "0-7" ? null : where.cpus,
      memory: { bind: "strict", prefer: "preferred", default: "none" }[memory ?? ""],
      memoryNodes: node ?? null,
    });
    const said = [...outcome.stderr.matchAll(/not as asked: (.*) was refused \(EPERM\)/g)];
    expect(said.map(([, call]) => call)).toEqual(refused);
  });

  test("a call that ends the process is not made, which is said", async () => {
    const around = refusing("set_mempolicy", "kill");
    const outcome = await execWorker(host, words("--gpu", "3"), around);
    expect(whereIn(outcome)).toMatchObject({ cpus: "4-5", policy: "default" });
    expect(outcome.stderr).toContain("set_mempolicy bind was refused");
  });

  test("with --require the program does not start", async () => {
    const around = refusing("set_mempolicy-bind");
    const outcome = await execWorker(host, words("--gpu", "3", "--require"), around);
    expect([outcome.status, outcome.stdout]).toEqual([125, ""]);
    expect(outcome.stderr).toContain("set_mempolicy bind was refused");
  });
});

describe("without koffi", () => {
  beforeAll(takenOut);
  /**
   * In a mount namespace of its own the module is hidden, and so are the programs that bind but
   * these; only these are in PATH.
   */
  const withOnly = (programs: readonly string[]): readonly string[] => {
    const hidden = ["numactl", "taskset"].filter((name) => !programs.includes(name));
    const folder = `/tmp/only-${["these", ...programs].join("-")}`;
    const links = [...programs, "true", "env", "prlimit"].join(" ");
    const script = [
      `mkdir -p ${folder}; for p in ${links}; do ln -sf /usr/bin/$p ${folder}; done`,
      "mount -t tmpfs none /product/node_modules/koffi",
      ...hidden.map((name) => `mount --bind /dev/null /usr/bin/${name}`),
      `export PATH=${folder}`,
    ];
    return ["unshare", "-m", ...prepared(script.join("; "))];
  };

  test.each([
    [["numactl", "taskset"], { cpus: "4-5", policy: "bind:2" }, "strict", /^(?!.*not as asked)/],
    [["taskset"], { cpus: "4-5", policy: "default" }, "none", /neither koffi nor numactl/],
    [[], { cpus: "0-7", policy: "default" }, "none", /taskset is not installed/],
  ])("with %s in PATH", async (programs, where, memory, said) => {
    const outcome = await execWorker(host, words("--gpu", "3"), withOnly(programs));
    expect(whereIn(outcome)).toMatchObject(where);
    expect(toldIn(outcome)).toMatchObject({ memory });
    expect(outcome.stderr.replaceAll("\n", " ")).toMatch(said);
  });

  test("numactl steps down as a seccomp profile wants it", async () => {
    const refusing = [workerProgram, "refuse", "errno", "set_mempolicy-bind"];
    const before = [...withOnly(["numactl", "taskset"]), ...refusing];
    const outcome = await execWorker(host, words("--gpu", "3"), before);
    expect(whereIn(outcome)).toMatchObject({ cpus: "4-5", policy: "prefer:2" });
    expect(toldIn(outcome)).toMatchObject({ memory: "preferred", memoryNodes: "2" });
    expect(outcome.stderr).toContain("--membind=2 does not work here");
  });

  test("cores of its own cannot be held, which is said", async () => {
    const flags = words("--gpu", "3", "--mode", "exclusive");
    const outcome = await execWorker(host, flags, withOnly(["numactl"]));
    expect(whereIn(outcome)).toMatchObject({ cpus: "4-5", policy: "bind:2" });
    expect(outcome.stderr).toContain("no other command is kept off these cores: koffi");
  });
});
