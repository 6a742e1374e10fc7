import { planOf } from "@evenkeel/core/testing/guest/plan-of.ts";
import type { Verdict } from "@evenkeel/core/verify/verdict/verdict.ts";
import { verify } from "@evenkeel/core/verify/verify.ts";
import { expect, test } from "vitest";
import { treeOf } from "../../testing/sysfs/tree-of.ts";
import { jumpingClock } from "../../testing/vm-host.ts";
import type { Tree } from "../tree/tree.ts";
import { readLiveEvidence } from "./read-live.ts";

/** A VM whose threads are where its plan has them, and threads of QEMU that come and go beside. */
const plan = planOf({ cells: [{ cores: 1 }] });
const vcpus = plan.cells.flatMap((cell) => cell.vcpus);
const everywhere = "0-1023";

type Thread = readonly [tid: number, name: string, cpus: string];
const planned: readonly Thread[] = [
  [400, "qemu-system-x86", plan.emulatorCpus],
  ...vcpus.map((vcpu, i): Thread => [
    401 + i,
    `CPU ${vcpu.id}/KVM`,
    "cpu" in vcpu ? `${vcpu.cpu}` : vcpu.cpus,
  ]),
];
const allocates: Thread = [450, "TC tc-ram-node0", everywhere];
const touches: Thread = [451, "touch_pages", everywhere];

/** @param count what the kernel counts, if it is not as many as are listed. */
function processWith(threads: readonly Thread[], count = threads.length): Tree {
  const files = threads.flatMap(([tid, name, cpus]) => [
    [`/proc/400/task/${tid}/comm`, `${name}\n`],
    [`/proc/400/task/${tid}/status`, `Name:\t${name}\nCpus_allowed_list:\t${cpus}\n`],
  ]);
  const tree = treeOf({
    ...Object.fromEntries(files),
    "/proc/400/cmdline": "/usr/bin/qemu-system-x86_64\0-name\0guest=llm-a\0",
    "/proc/400/status": `Name:\tq\nThreads:\t${count}\n`,
  });
  return { ...tree, live: true };
}

const options = {
  host: "here",
  takenAt: "2026-01-31T12:00:00.000Z",
  pid: 400,
  libvirtUri: "test:///",
  guest: null,
};

/** The verdict on a process that is at one moment so, and from the first waiting on otherwise. */
async function verdictOf(first: Tree, then: Tree): Promise<Verdict> {
  let now = first;
  const jumping = jumpingClock();
  const sleep: typeof jumping.sleep = async (ms) => {
    now = then;
    await jumping.sleep(ms);
  };
  const tree: Tree = {
    ...first,
    readText: (path) => now.readText(path),
    list: (path) => now.list(path),
    realPath: (path) => now.realPath(path),
  };
  const clock = { ...jumping, sleep };
  return verify(plan, await readLiveEvidence(tree, plan, { ...options, clock }));
}

const ofThreads = ({ findings, unverified }: Verdict): readonly string[] => [
  ...findings.filter(({ code }) => /^(vcpu|emulator|iothread)-/.test(code)).map(({ code }) => code),
  ...unverified.flatMap(({ what, why }) => (/emulator's threads/.test(what) ? [why] : [])),
];

test("threads that end, and threads that begin, between two looks make no verdict", async () => {
  const right = await verdictOf(processWith(planned), processWith(planned));
  expect(ofThreads(right)).toEqual([]);
  for (const passing of [[allocates], [touches], [allocates, touches]]) {
    const more = processWith([...planned, ...passing]);
    expect(ofThreads(await verdictOf(more, processWith(planned)))).toEqual([]);
    expect(ofThreads(await verdictOf(processWith(planned), more))).toEqual([]);
  }
  const [one, other] = [allocates, touches].map((thread) => processWith([...planned, thread]));
  if (one === undefined || other === undefined) throw new Error("there are two");
  expect(ofThreads(await verdictOf(one, other))).toEqual([]);
});

test("a thread that stays is found, unless it only allocates memory before the guest runs", async () => {
  const stays = processWith([...planned, touches]);
  expect(ofThreads(await verdictOf(stays, stays))).toEqual(["vcpu-cpu-shared"]);
  const context = processWith([...planned, allocates]);
  const verdict = await verdictOf(context, context);
  expect(ofThreads(verdict)).toEqual([]);
  expect(verdict.verified).toContainEqual(
    expect.objectContaining({ what: "threads that allocate memory" }),
  );
});

test("a vCPU's thread counts from its first moment", async () => {
  const moved = planned.map((one): Thread => (one[0] === 401 ? [499, one[1], everywhere] : one));
  expect(ofThreads(await verdictOf(processWith(planned), processWith(moved)))).toEqual([
    "vcpu-affinity",
  ]);
});

test("a thread that the kernel counts and does not list is missed", async () => {
  const hiding = processWith(planned, planned.length + 1);
  expect(ofThreads(await verdictOf(hiding, hiding))).toEqual([
    `${planned.length} of ${planned.length + 1} threads were read`,
  ]);
});

test("between the looks is a tenth of a second, of which only what is left is waited", async () => {
  const sleeps = async (tree: Tree, asking: number): Promise<readonly number[]> => {
    const slept: number[] = [];
    let at = 0;
    const clock = {
      ...jumpingClock(),
      monotonicMs: () => (at += asking) - asking,
      sleep: async (ms: number) => void slept.push(ms),
    };
    await readLiveEvidence(tree, plan, { ...options, clock });
    return slept;
  };
  const live = processWith(planned);
  expect(await sleeps(live, 0)).toEqual([100]);
  expect(await sleeps(live, 30)).toEqual([70]);
  expect(await sleeps(live, 250)).toEqual([]);
  expect(await sleeps({ ...live, live: false }, 0)).toEqual([]);
});
