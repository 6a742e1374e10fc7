import { expect, test } from "vitest";
import { hostWith } from "../../testing/emulated-host.ts";
import { codedError } from "../../testing/expect-error.ts";
import { treeOf } from "../../testing/sysfs/tree-of.ts";
import type { Tree } from "../tree/tree.ts";
import {
  type RunningSubject,
  subjectOfContainer,
  subjectOfPid,
  subjectWord,
  vmCalled,
} from "./find-subject.ts";
import { runningHere } from "./running-here.ts";

const uuid = "3f0e6d3a-91a4-4a27-9d0b-5c2b1f6e7a88";

test("a word is a number, a container or a name, and nothing else", async () => {
  expect(subjectWord("4711")).toEqual({ kind: "pid", pid: 4711 });
  expect(subjectWord("container:4f5a90c1")).toEqual({ kind: "container", id: "4f5a90c1" });
  expect(subjectWord("container:containerd://4f5a90c1")).toMatchObject({ id: "4f5a90c1" });
  expect(subjectWord("one-42")).toEqual({ kind: "name", name: "one-42" });
  expect(subjectWord(uuid)).toEqual({ kind: "name", name: uuid });
  for (const word of [
    "0",
    "007",
    "1".repeat(10),
    "",
    "container:",
    "container:4f5",
    "container:x",
  ]) {
    await codedError("usage", () => subjectWord(word));
  }
});

interface Made {
  readonly words?: readonly string[];
  /** Null where it may not be looked into. */
  readonly program?: string | null;
  readonly files?: readonly string[];
  readonly uid?: number;
  readonly cgroup?: string;
  readonly memory?: boolean;
}

/** A machine with processes of a kind, by their numbers. */
function machine(processes: Readonly<Record<number, Made>>): Tree {
  const files: Record<string, string> = {};
  const links: Record<string, string> = {};
  for (const [pid, made] of Object.entries(processes)) {
    const { words = ["x"], program = words[0] ?? "x", files: open = ["/dev/null"], uid = 0 } = made;
    const folder = `/proc/${pid}`;
    files[`${folder}/cmdline`] = words.map((word) => `${word}\0`).join("");
    files[`${folder}/status`] = `Name:\tx\nTgid:\t${pid}\nUid:\t${`${uid}\t`.repeat(4).trim()}\n`;
    files[`${folder}/statm`] = `${made.memory === false ? 0 : 9} 1 1 1 0 1 0\n`;
    files[`${folder}/cgroup`] = `0::${made.cgroup ?? "/"}\n`;
    files[`${folder}/stat`] = `${pid} (x) S 1 1 1 0 -1 0 0 0 0 0 5 5 0 0 20 0 1 0 ${pid} 1 1\n`;
    if (program === null) continue;
    links[`${folder}/exe`] = program;
    for (const [fd, file] of open.entries()) links[`${folder}/fd/${fd}`] = file;
  }
  return treeOf(files, links);
}

const qemu = "/usr/bin/qemu-system-x86_64";
const kvm = ["/dev/null", "anon_inode:kvm-vm"];

test.each<readonly [string, string, Made]>([
  ["libvirt and OpenNebula", "one-42", { words: [qemu, "-name", "guest=one-42,debug-threads=on"] }],
  [
    "KubeVirt",
    "default_vm-a",
    { words: ["/usr/libexec/qemu-kvm", "-name", "guest=default_vm-a"], uid: 107 },
  ],
  [
    "Proxmox",
    "web-1",
    {
      words: ["/usr/bin/kvm", "-id", "100", "-name", "web-1,debug-threads=on", "-no-shutdown"],
      program: qemu,
    },
  ],
  ["a shell", "process 400", { words: [qemu, "-m", "1G"] }],
  [
    "a user, whose program may not be seen",
    "mine",
    { words: [qemu, "-name", "mine"], program: null, uid: 1000 },
  ],
])("a QEMU of %s is a VM by its number", (_who, name, made) => {
  const subject = subjectOfPid(runningHere(machine({ 400: made })), 400);
  expect(subject).toMatchObject({ of: "vm", name, process: { pid: 400, arguments: made.words } });
});

test("another program with a VM of KVM is a VM, of whose command line nothing is believed", () => {
  const firecracker = { words: ["/usr/bin/firecracker", "--id", "x", "-name", "y"], files: kvm };
  const subject = subjectOfPid(runningHere(machine({ 400: firecracker })), 400);
  expect([subject.of, subject.process.arguments]).toEqual(["vm", []]);
});

test("any other process is a process, and what is none is refused", async () => {
  const tree = machine({
    400: { words: ["python3", "-name", "llm-a"] },
    // A program of DPDK that drives a device runs no VM.
    401: { words: ["dpdk-testpmd"], files: ["/dev/vfio/7"] },
    402: { memory: false },
  });
  const here = runningHere(tree);
  expect(subjectOfPid(here, 400)).toMatchObject({ of: "process", name: "process 400" });
  expect(subjectOfPid(here, 401)).toMatchObject({ of: "process", name: "process 401" });
  for (const pid of [402, 999]) await codedError("process-unknown", () => subjectOfPid(here, pid));
  const thread = runningHere(treeOf({ "/proc/404/status": "Name:\tx\nTgid:\t400\n" }));
  const error = await codedError("process-unknown", () => subjectOfPid(thread, 404));
  expect([error.message, error.remedy]).toEqual(["it is a thread of process 400", "give 400"]);
});

test("a VM is found by its name or UUID, if its user runs VMs here", async () => {
  const router = { pid: 400, name: "router", uuid, vcpus: ["1"] };
  const here = runningHere(hostWith([router, { ...router, pid: 500, name: "one-42", uuid: "x" }]));
  const found = (word: string): RunningSubject => vmCalled(here, word);
  expect(found("router").process.pid).toBe(400);
  expect(found(uuid.toUpperCase()).process.pid).toBe(400);
  expect(found("one-42").process.pid).toBe(500);
  const unknown = await codedError("vm-unknown", () => found("one-43"));
  expect(unknown.remedy).toBe("did you mean one-42?");
  const two = runningHere(hostWith([router, { ...router, pid: 500 }]));
  const either = await codedError("vm-unknown", () => vmCalled(two, "router"));
  expect(either.expected).toContain("400, 500");
});

test("whoever may not run VMs here gives no VM its name, and is named by the number", async () => {
  const impostor = { pid: 400, name: "router", uuid, vcpus: ["1"], uid: 1000 };
  const here = runningHere(hostWith([impostor]));
  const error = await codedError("vm-unknown", () => vmCalled(here, "router"));
  expect(error.message).toBe(
    "process 400 says that it is this VM, and belongs to user 1000, who runs no VMs",
  );
  expect(error.remedy).toBe("if it is the one you mean, give 400");
  expect(subjectOfPid(here, 400)).toMatchObject({ of: "vm", name: "router" });
});

test("a container is its first process, or the VM that runs in it", async () => {
  const [one, pod, twin] = ["4f5a90c1", "77aa", "4f5a9bbb"].map((id) => id.padEnd(64, "0"));
  const within = (id: string | undefined): Made => ({ cgroup: `/kubepods/podx/${id}` });
  const launcher = { words: ["/usr/bin/virt-launcher"], ...within(pod) };
  const guest = { words: ["/usr/libexec/qemu-kvm", "-name", "guest=default_vm-a"], ...within(pod) };
  const here = runningHere(
    machine({ 300: within(one), 301: within(one), 400: launcher, 401: guest, 500: within(twin) }),
  );
  expect(subjectOfContainer(here, "4f5a90")).toEqual({
    of: "container",
    name: "container 4f5a90c10000",
    process: { pid: 300, arguments: [], identity: { name: null, uuid: null } },
    pids: new Set([300, 301]),
  });
  expect(subjectOfContainer(here, "77aa")).toMatchObject({
    of: "vm",
    name: "default_vm-a",
    process: { pid: 401 },
    pids: new Set([400, 401]),
  });
  const several = await codedError("process-unknown", () => subjectOfContainer(here, "4f5a"));
  expect(several.expected).toBe("4f5a90c10000, 4f5a9bbb0000");
  await codedError("process-unknown", () => subjectOfContainer(here, "dead"));
});
