import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { GuestContract } from "@evenkeel/core/guest/contract/contract.ts";
import { contractFile } from "@evenkeel/host/guest-check/contract-file.ts";
import { afterAll, expect, test } from "vitest";
import { execWords, isRoot, koffiFolder, StandIn } from "./stand-in.ts";

/** Where `exec` runs, something may be missing. The command starts, and is told what it has. */

const machine = new StandIn(1);
afterAll(() => rmSync(machine.folder, { recursive: true, force: true }));
const becomes = [...execWords, "--mode", "exclusive"];
const show = ["--", "sh", "-c", 'echo "$EVENKEEL_BINDING"'];

test.skipIf(!isRoot).each([
  ["no /proc", "mount --bind $F/empty /proc", "0-1", "strict"],
  ["no /sys", "mount --bind $F/empty /sys", null, "none"],
  ["a /run that nobody can write to", "mount -o remount,bind,ro /run", "0-1", "strict"],
  [
    "neither koffi nor /proc",
    `mount --bind $F/empty ${koffiFolder}; mount --bind $F/empty /proc`,
    "0-1",
    "none",
  ],
])("with %s", (_, setUp, cpus, memory) => {
  const { status, stdout } = machine.run([...becomes, ...show], setUp);
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ cpus, memory });
});

test.skipIf(!isRoot)("with neither koffi nor any program that binds, it ends as shells do", () => {
  const hidden =
    'for name in numactl taskset prlimit; do mount --bind $F/none "$(which $name)"; done';
  const setUp = `mount --bind $F/empty ${koffiFolder}; touch $F/none; ${hidden}`;
  const run = (text: string) => {
    const file = join(machine.folder, "script");
    writeFileSync(file, text, { mode: 0o755 });
    // Programs are found without PATH too.
    return machine.run(["env", "PATH=", ...execWords, "--", file], setUp);
  };
  expect(run("exit 7\n")).toMatchObject({
    status: 7,
    stderr: [
      "evenkeel: not bound",
      "evenkeel: not as asked: neither koffi nor numactl is installed",
      "evenkeel: not as asked: taskset is not installed\n",
    ].join("\n"),
  });
  expect(run("#!/no/such/interpreter\n").status).toBe(127);
});

test.skipIf(!isRoot)("kept from the node of its GPU it says so, and may be refused", () => {
  const setUp = [
    "cp -r $F/sys/devices/system/node/node0 $F/sys/devices/system/node/node1",
    "echo 0-1 >$F/sys/devices/system/node/online",
    "echo 0 >$F/sys/devices/system/node/node0/cpulist",
    "echo 1 >$F/sys/devices/system/node/node1/cpulist",
    "echo 1 >$F/sys/devices/pci0000:00/0000:00:10.0/numa_node",
  ].join("; ");
  const two = new StandIn(1);
  try {
    const words = ["taskset", "-c", "0", ...execWords];
    const { stderr } = two.run([...words, "--", "true"], setUp);
    expect(stderr.split("\n")).toEqual([
      "evenkeel: CPUs 0, memory of node 0 (strict)",
      "evenkeel: not as asked: GPU 0000:00:10.0 is on node 1, of which it may use no CPU",
      "",
    ]);
    expect(two.run([...words, "--require", "--", "true"]).status).toBe(125);
  } finally {
    rmSync(two.folder, { recursive: true, force: true });
  }
});

test.skipIf(!isRoot)("as the first process of a namespace, whose others cannot be seen", () => {
  const words = ["unshare", "--pid", "--fork", "--kill-child", "--mount"];
  const mounted = ["sh", "-c", 'mount -t proc -o subset=pid,hidepid=2 proc /proc; exec "$@"', "sh"];
  const line = ["--", "sh", "-c", 'echo "$$ $EVENKEEL_BINDING"'];
  const { stdout } = machine.run([...words, ...mounted, ...becomes, ...line]);
  expect(stdout).toMatch(/^1 \{"cpus":"0-1","memory":"strict"/);
});

test.skipIf(!isRoot)("what only a vendor's tool knows is asked of it, and nothing else is", () => {
  const tools = join(machine.folder, "tools");
  const uuid = "GPU-01234567-89ab-cdef-0123-456789abcdef";
  const query = `<nvidia_smi_log><gpu id="00000000:00:10.0"><uuid>${uuid}</uuid></gpu></nvidia_smi_log>`;
  mkdirSync(tools);
  writeFileSync(join(tools, "nvidia-smi"), `echo >>${tools}/asked; echo '${query}'`, {
    mode: 0o755,
  });
  const bound = (gpu: string) =>
    machine.run([...becomes, "--gpu", gpu, "--", "ls", tools], `export PATH=${tools}:$PATH`);
  expect(bound("0").stdout).toBe("nvidia-smi\n");
  const told = bound(uuid);
  expect(told.stderr).toContain(", beside GPU 0000:00:10.0");
  expect(told.stdout).toContain("asked");
});

test.skipIf(!isRoot)("a guest's contract tells NCCL's file, and the nodes of its GPUs", () => {
  const guest = new StandIn(1);
  const file = join(guest.folder, "nccl.xml");
  const contract: GuestContract = {
    apiVersion: "evenkeel/v1",
    kind: "GuestContract",
    vm: "llm-a",
    tenant: null,
    host: "h",
    signature: "s",
    signatureText: "s",
    isolation: "core",
    cells: [],
    devices: [
      {
        address: "0000:00:10.0",
        hostAddress: "0000:01:00.0",
        kind: "accelerator",
        model: null,
        cell: 1,
        hostSwitches: null,
        link: null,
      },
    ],
    links: null,
    nccl: { file, sha256: "0".repeat(64) },
    notes: [],
  };
  const folder = join(guest.folder, dirname(contractFile));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "raw"), JSON.stringify(contract));
  const told = (setUp?: string): string =>
    guest.run([...execWords, "--", "sh", "-c", 'echo "$NCCL_TOPO_FILE"'], setUp).stdout;
  const before = told();
  writeFileSync(file, "");
  const seen = [before, told(), told("export NCCL_TOPO_FILE=mine")];
  const setUp = [
    "cd $F/sys/devices/system/node; echo 0-1 | tee online >has_memory; cp -r node0 node1",
    "echo 0 >node0/cpulist; echo 1 >node1/cpulist; sed -i s/0/1/ node1/meminfo",
    "echo -1 >$F/sys/devices/pci0000:00/0000:00:10.0/numa_node",
  ].join("\n");
  const { stderr } = guest.run([...execWords, "--memory", "none", "--", "true"], setUp);
  rmSync(guest.folder, { recursive: true });
  expect(seen).toEqual(["\n", `${file}\n`, "mine\n"]);
  expect(stderr).toContain("evenkeel: CPUs 1, ");
});

test.skipIf(!isRoot)("as another user, where root's commands were first", (context) => {
  const user = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"];
  const reads = machine.run([...user, "test", "-r", execWords[1] ?? ""]);
  if (reads.status !== 0) context.skip("another user cannot read this checkout");
  // As root's other commands leave it, and as others made it before.
  const setUp = "mkdir -p /run/evenkeel; chmod 0700 /run/evenkeel";
  const blocked = machine.run([...user, ...becomes, ...show], setUp);
  expect(blocked.stderr).toContain("leases cannot be seen (EACCES)");
  expect(JSON.parse(blocked.stdout)).toMatchObject({ cpus: "0-1", memory: "strict" });
  machine.run([...becomes, ...show]);
  const opened = machine.run([...user, ...becomes, ...show]);
  // By the mounts, which any user sees: this /run is not that of process 1, where this is seen.
  const isSeen = readlinkSync("/proc/self/ns/pid") === "pid:[4026531836]";
  const told: unknown = expect.stringContaining(
    "/run/evenkeel/leases is not the one that the machine uses",
  );
  expect(opened.stderr.match(/not as asked: .*/g)).toEqual(isSeen ? [told] : null);
});

test.skipIf(!isRoot)("where it is not bound, nothing is said of cores of its own", () => {
  const two = new StandIn(2);
  const shared = ["env", "LOCAL_RANK=0", "LOCAL_WORLD_SIZE=3", ...becomes, ...show];
  const { stdout, stderr } = two.run(shared, "mount -o remount,bind,ro /run");
  rmSync(two.folder, { recursive: true, force: true });
  expect(JSON.parse(stdout)).toMatchObject({ cpus: null });
  expect(stderr).toContain("3 processes share 2 GPUs");
  expect(stderr).not.toContain("cores");
});

/** Each makes standard error one that cannot be written to. */
test.each([
  ["is closed", "2>&-"],
  ["is a full disk", "2>/dev/full"],
  ["and all others are closed", "<&- >&- 2>&-"],
])("standard error that %s keeps no command from starting", (_, files) => {
  const line = `"$@" sh -c 'exit 5' ${files}`;
  expect(spawnSync("sh", ["-c", line, "sh", ...execWords, "--"], { timeout: 20_000 }).status).toBe(
    5,
  );
});

test("a full pipe that nobody reads keeps no command from starting, nor one without a reader", async () => {
  const full = [
    "import os, sys, fcntl",
    "read, write = os.pipe()",
    "fcntl.fcntl(write, fcntl.F_SETFL, os.O_NONBLOCK)",
    "try:",
    "  while True: os.write(write, bytes(4096))",
    "except BlockingIOError: pass",
    "fcntl.fcntl(write, fcntl.F_SETFL, 0)",
    "if sys.argv[1] == 'gone': os.close(read)",
    "else: os.set_inheritable(read, True)",
    "os.dup2(write, 2)",
    "os.execvp(sys.argv[2], sys.argv[2:])",
  ].join("\n");
  for (const reader of ["gone", "late"]) {
    const words = ["-c", full, reader, ...execWords, "--", "sh", "-c", "exit 5"];
    const child = spawn("python3", words, { stdio: "ignore", timeout: 20_000 });
    expect(await once(child, "exit")).toEqual([5, null]);
  }
});

test("the limit of open files is the one it was given, where that can be known", () => {
  const limit = (line: string): string =>
    spawnSync("sh", ["-c", line, "sh", ...execWords, "--", "sh", "-c", "ulimit -Sn; ulimit -Hn"], {
      encoding: "utf8",
      timeout: 20_000,
    }).stdout;
  expect(limit('ulimit -Sn 100; "$@"; :')).toMatch(/^100\n/);
  // As service managers set both, for the command alone.
  expect(limit('prlimit --nofile=300:300 -- "$@"')).toBe("300\n300\n");
});

test.skipIf(!isRoot)("without koffi prlimit gives back the limit of open files", () => {
  const line = ["sh", "-c", 'ulimit -Sn 100; "$@"; :', "sh"];
  const { stdout } = machine.run(
    [...line, ...execWords, "--", "sh", "-c", "ulimit -Sn; ulimit -Hn"],
    `mount --bind $F/empty ${koffiFolder}`,
  );
  const hard = spawnSync("sh", ["-c", "ulimit -Hn"], { encoding: "utf8" }).stdout;
  expect(stdout).toBe(`100\n${hard}`);
});

test.skipIf(!isRoot).each([
  ["a shell", "touch $F/none; mount --bind $F/none /bin/sh", "/bin/sh cannot start it"],
  ["/proc", "mount --bind $F/empty /proc", "/stat cannot be read"],
])("without %s nothing looks at the command later, and that is said", (_, setUp, why) => {
  const { status, stderr } = machine.run([...execWords, "--verify", "1s", "--", "true"], setUp);
  expect(status).toBe(0);
  expect(stderr).toMatch(/evenkeel: it will not be verified: \/\S+ cannot/);
  expect(stderr).toContain(why);
});
