import { readDocument } from "@evenkeel/contract/read-document.ts";
import type { Evidence } from "@evenkeel/core/evidence/evidence.ts";
import { MiB } from "@evenkeel/core/unit/bytes.ts";
import { sumOf } from "@evenkeel/core/unit/sum.ts";
import { testHost } from "@evenkeel/host/testing/vm-host.ts";
import { codedError } from "@evenkeel/host/testing/expect-error.ts";
import { ignore } from "@evenkeel/host/text/note.ts";
import { liveTree } from "@evenkeel/host/tree/directory-tree.ts";
import { type SubjectsHere, subjectsHere } from "@evenkeel/host/vm/subjects.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
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
