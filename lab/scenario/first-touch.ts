import type { Evidence } from "@evenkeel/core/evidence/evidence.ts";
import type { Diagnosis } from "@evenkeel/core/explain/diagnosis.ts";
import { sumOf } from "@evenkeel/core/unit/sum.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bootHost, type Host, pagesProgram } from "../machine/host.ts";
import { threadsOf } from "../machine/process.ts";
import { twoSockets } from "../machine/shape.ts";
import { bindToVfio, startStranger, stopStranger } from "../machine/stranger.ts";
import { twinOf } from "../machine/twins.ts";
import { words } from "../machine/words.ts";

/**
 * Memory without a policy that was first touched on the wrong node. How much of it lies where is
 * also asked of the kernel page by page, by a C program that shares nothing with Evenkeel.
 */
let host: Host;
beforeAll(async () => {
  host = await bootHost(twoSockets);
  await bindToVfio(host, ["0000:22:00.0"]);
});
afterAll(() => host?.stop());

/** The anonymous pages of a process on each of the two nodes, by move_pages(2). */
async function pagesByNode(pid: number): Promise<readonly [number, number]> {
  const said = await host.ok(pagesProgram, ["where", `${pid}`]);
  const on = (node: number): number =>
    Number(new RegExp(`^node ${node}: (\\d+)$`, "m").exec(said)?.[1] ?? "0");
  return [on(0), on(1)];
}

/** A process with a part of its memory first touched on node 1, that runs on node 0. */
async function touched(): Promise<number> {
  const script = `${pagesProgram} touch 96 7:30 1:70 > /tmp/touched 2>&1 & echo $!
until grep -q . /tmp/touched; do sleep 0.1; done; cat /tmp/touched >&2`;
  const { stdout, stderr } = await host.run("/bin/sh", ["-c", script]);
  expect(stderr).toBe("touched\n");
  return Number(stdout);
}

async function doctor(...args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await host.evenkeel("doctor", ...args);
  expect(stderr).toBe("");
  return stdout.replaceAll(/\s+/g, " ");
}

/** Without the size of pages: whether the kernel finds room for huge ones is chance. */
async function faultsOf(subject: string): Promise<Diagnosis["subjects"][number]["faults"]> {
  const { stdout } = await host.evenkeel("doctor", subject, ...words("--output", "json"));
  const { subjects }: Diagnosis = JSON.parse(stdout);
  const faults = subjects.flatMap((one) => one.faults);
  return faults.filter(({ code }) => code !== "page-size-small");
}

/** What --fix says of the pages that it moved. */
function movedIn(said: string): { readonly moved: number; readonly stayed: number } {
  const [, moved, stayed] = /(\d+) pages moved, (\d+) stayed/.exec(said) ?? [];
  return { moved: Number(moved), stayed: Number(stayed) };
}

test("a process: share and node as the kernel has them, and --fix brings every page home", async () => {
  const pid = await touched();
  const asked = await pagesByNode(pid);
  const { memory }: Evidence = JSON.parse((await host.evenkeel("evidence", `${pid}`)).stdout);
  const own = (memory ?? []).filter(({ kind }) => kind !== "file");
  const onNode = (id: number): number =>
    sumOf(own, ({ onNodes }) => sumOf(onNodes, ({ node, bytes }) => (node === id ? bytes : 0)));
  const read = [onNode(0), onNode(1)] as const;
  const share = ([home, away]: readonly [number, number]): number => away / (home + away);
  expect(share(asked)).toBeGreaterThan(0.25);
  expect(Math.abs(share(read) - share(asked))).toBeLessThan(0.01);
  expect(Math.abs(read[1] / 4096 - asked[1])).toBeLessThan(asked[1] / 100);

  const faults = await faultsOf(`${pid}`);
  expect(faults.map(({ code, leadsTo }) => [code, leadsTo])).toEqual([
    ["memory-unbound", ["memory-off-node"]],
  ]);
  expect(await doctor(`${pid}`, "--fix")).toContain(`migratepages ${pid} 1 0`);
  expect(await pagesByNode(pid)).toEqual(asked);
  const { moved, stayed } = movedIn(await doctor(`${pid}`, "--fix", "--yes"));
  const after = await pagesByNode(pid);
  expect({ stayed, away: after[1] }).toEqual({ stayed: 0, away: 0 });
  expect(Math.abs(moved - asked[1])).toBeLessThan(asked[1] / 100);
  expect(await faultsOf(`${pid}`)).toEqual([]);
  await host.ok("kill", [`${pid}`]);
});

describe("a VM whose memory was touched on node 1", () => {
  const plain = twinOf({
    name: "plain",
    huge: false,
    startsOn: "7",
    vcpus: ["3", "0-11"],
    devices: [],
    moduleMiB: 32,
  });

  test("--fix moves the pages of one without VFIO and pins it; --undo brings back the CPUs", async () => {
    const pid = await startStranger(host, plain);
    const cpusOf = async (): Promise<readonly string[]> =>
      (await threadsOf(host, pid)).map(({ name, cpus }) => `${name} ${cpus}`);
    const [before, asked] = [await cpusOf(), await pagesByNode(pid)];
    expect(asked[1]).toBeGreaterThan((32 << 20) / 4096);
    const codes = (await faultsOf("plain")).map(({ code }) => code);
    expect(codes).toEqual(["memory-unbound", "vcpus-float"]);

    const { moved, stayed } = movedIn(await doctor("plain", "--fix", "--yes"));
    const after = await pagesByNode(pid);
    expect(after[1]).toBe(0);
    expect(stayed).toBe(0);
    expect(moved).toBeGreaterThanOrEqual(asked[1] * 0.99);
    expect(await faultsOf("plain")).toEqual([]);
    expect(await cpusOf()).toEqual(before.map((one) => one.replace(/ 0-11$/, " 0-5")));

    expect(await doctor("--undo", "--yes")).toContain("Done.");
    expect(await cpusOf()).toEqual(before);
    await stopStranger(host, plain);
  });

  test("one with a VFIO device has to be started again, and its pages stay", async () => {
    const pinned = { ...plain, name: "pinned", vcpus: ["3", "4"], devices: ["0000:22:00.0"] };
    const pid = await startStranger(host, pinned);
    const asked = await pagesByNode(pid);
    const faults = await faultsOf("pinned");
    expect(faults.map(({ code }) => code)).toEqual(["memory-unbound"]);
    expect(faults[0]?.remedy).toMatchObject({ argv: null, when: "restart" });
    const said = await doctor("pinned", "--fix", "--yes");
    expect(said).toContain("Stop the VM and start it again from a plan");
    expect(said).not.toContain("migratepages");
    expect((await pagesByNode(pid))[1]).toBe(asked[1]);
    await stopStranger(host, pinned);
  });
});
