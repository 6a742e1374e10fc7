import { readDocument } from "@evenkeel/contract/read-document.ts";
import type { Evidence } from "@evenkeel/core/evidence/evidence.ts";
import { MiB } from "@evenkeel/core/unit/bytes.ts";
import { sumOf } from "@evenkeel/core/unit/sum.ts";
import { testHost } from "@evenkeel/host/testing/vm-host.ts";
import { codedError } from "@evenkeel/host/testing/expect-error.ts";
import { ignore } from "@evenkeel/host/text/note.ts";
import { liveTree } from "@evenkeel/host/tree/directory-tree.ts";
import { type SubjectsHere, subjectsHere } from "@evenkeel/host/vm/subjects.ts";
import { systemClock } from "@evenkeel/host/clock/clock.ts";
import { libvirtMonitor } from "@evenkeel/host/hypervisor/libvirt/ask-domain.ts";
import { Refused } from "@evenkeel/host/qmp/monitor.ts";
import { readMonitor } from "@evenkeel/host/qmp/read.ts";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type Libvirtd, START_TIMEOUT_MS, startLibvirtd } from "./libvirtd.ts";
import { whyNot } from "./programs.ts";

if (whyNot !== null) console.warn(`skipping evidence of libvirt's domains: ${whyNot}`);

let libvirtd: Libvirtd | null = null;

beforeAll(async () => {
  if (whyNot === null) libvirtd = await startLibvirtd();
}, START_TIMEOUT_MS);

afterAll(async () => {
  await libvirtd?.stop();
});

/** A VM as people write it by hand, without a plan, a pin or a node of its own. */
const plain = (name: string): string => `<domain type='qemu'>
  <name>${name}</name>
  <memory unit='MiB'>64</memory>
  <vcpu>2</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices><emulator>/usr/bin/qemu-system-x86_64</emulator><memballoon model='none'/></devices>
</domain>`;

async function here(libvirtUri: string): Promise<SubjectsHere> {
  const host = await testHost({ libvirtUri });
  const machineTree = async () => liveTree();
  return subjectsHere({ ...host, machineTree, note: ignore, instances: () => [] });
}

test.skipIf(whyNot !== null)(
  "a domain that virsh alone has started is read by its name, its UUID and its process",
  async () => {
    if (libvirtd === null) throw new Error("libvirtd has not started");
    const { uri, virsh, file } = libvirtd;
    const name = `one-${process.pid}`;
    await virsh("define", await file("off.xml", plain(`off-${process.pid}`)));
    await virsh("create", "--paused", await file("one.xml", plain(name)));
    const uuid = (await virsh("domuuid", name)).trim();
    const { read } = await here(uri);
    const byName = await read(name);
    expect(readDocument(JSON.stringify(byName), "record", "Evidence")).toEqual(byName);
    expect(byName).toMatchObject({ of: "vm", name, process: { name, uuid } });
    expect(byName.shapes.map(({ source }) => source)).toEqual([
      "command-line",
      "monitor",
      "libvirt",
    ]);
    const vcpus = (byName.threads ?? []).filter(({ role }) => role?.kind === "vcpu");
    expect(vcpus).toHaveLength(2);
    const { memory } = byName;
    expect(sumOf(memory ?? [], ({ bytes }) => bytes)).toBe(64 * MiB);
    const same = ({ process: own }: Evidence): number | undefined => own?.pid;
    const pid = same(byName);
    for (const word of [uuid, uuid.toUpperCase(), `${pid}`])
      expect(same(await read(word))).toBe(pid);
    const off = await codedError("vm-unknown", () => read(`off-${process.pid}`));
    expect(off.message).toBe("it is off");
    await virsh("destroy", name);
  },
  START_TIMEOUT_MS,
);

/** Puts a virsh before the real one that notes each run; gives how many there were. */
function countedRuns(): () => number {
  const folder = scratchFolder();
  const path = process.env["PATH"] ?? "";
  const log = join(folder, "runs");
  writeFileSync(log, "");
  const program = join(folder, "virsh");
  writeFileSync(program, `#!/bin/sh\necho run >> ${log}\nPATH='${path}' exec virsh "$@"\n`);
  chmodSync(program, 0o755);
  vi.stubEnv("PATH", `${folder}${delimiter}${path}`);
  return () => readFileSync(log, "utf8").split("\n").length - 1;
}

test.skipIf(whyNot !== null)(
  "a domain's monitor is read in two runs of virsh, and no question is a command of virsh",
  async () => {
    if (libvirtd === null) throw new Error("libvirtd has not started");
    const { uri, virsh, file } = libvirtd;
    const name = `two-${process.pid}`;
    await virsh("create", "--paused", await file("two.xml", plain(name)));
    const domain = { name, uuid: (await virsh("domuuid", name)).trim() };
    const runs = countedRuns();
    const { vcpus, ram, shape } = await readMonitor(libvirtMonitor(uri, domain, systemClock));
    expect(runs()).toBe(2);
    expect([vcpus.length, ram.length, shape.cpu?.vcpus]).toEqual([2, 1, 2]);
    const { ask } = libvirtMonitor(uri, domain, systemClock);
    const hostile = ["'; destroy " + name + "; '", "\n destroy " + name, '"\\', "# \u2028 ä"];
    const refused = hostile.map((path) => ask("qom-get", { path, property: "type" }));
    const asked = [ask("query-name"), ...refused, ask("query-status")];
    const outcomes = await Promise.allSettled(asked);
    expect(runs()).toBe(3);
    expect(outcomes[0]).toMatchObject({ value: { name } });
    expect(outcomes[5]).toMatchObject({ value: { running: false } });
    for (const [i, path] of hostile.entries()) {
      const reason: unknown = expect.any(Refused);
      expect(outcomes[i + 1]).toMatchObject({ status: "rejected", reason });
      expect(outcomes[i + 1]).toMatchObject({ reason: { message: expect.stringContaining(path) } });
    }
    // The process chooses its own UUID and name.
    const made = libvirtMonitor(uri, { name, uuid: `x; destroy ${name}` }, systemClock);
    await expect(made.ask("query-name")).rejects.toThrow("virsh is not asked about");
    const gone = libvirtMonitor(uri, { name: "no-such", uuid: null }, systemClock);
    await expect(gone.ask("query-name")).rejects.toThrow("failed to get domain 'no-such'");
    vi.unstubAllEnvs();
    await virsh("destroy", name);
  },
  START_TIMEOUT_MS,
);
