import { expect, test } from "vitest";
import { GiB } from "../../unit/bytes.ts";
import type { QemuCommand } from "./command.ts";
import { shellText } from "./shell.ts";

const command: QemuCommand = {
  program: "qemu",
  arguments: ["-name", "a b"],
  threads: {
    vcpus: [1, 113, 2, 114].map((cpu, id) => ({ id, cpus: `${cpu}` })),
    iothreads: [{ id: 1, cpus: "0,112" }],
    emulator: "0,112",
  },
  memoryNodes: "0",
  hugepages: [{ cell: 0, pageBytes: GiB, count: 240, nodes: "0" }],
  memlockBytes: 241 * GiB + 1,
  devices: ["0000:18:00.0"],
  notes: ["one"],
};

test("what must be done beside the command stands above it", () => {
  expect(shellText(command)).toMatchInlineSnapshot(`
    "# QEMU does not pin its threads. Whoever starts it must keep them to these host CPUs
    #   vCPUs 0-3 in this order on 1,113,2,114
    #   iothread 1 on 0,112
    #   all others on 0,112
    # and all its memory to node 0.
    # Cell 0 needs 240 free huge pages of 1 GiB on node 0.
    # Bind to vfio-pci first: 0000:18:00.0
    # QEMU must be allowed to lock 241.0 GiB (ulimit -l 252706817).
    # Note: one
    qemu \\
      -name 'a b'
    "
  `);
});

test("threads that float have the same CPUs each, and a VM may be on several nodes", () => {
  const vcpus = [0, 1, 2].map((id) => ({ id, cpus: id === 2 ? "8-9" : "4-7" }));
  const text = shellText({
    ...command,
    threads: { ...command.threads, vcpus },
    memoryNodes: "0-1",
  });
  expect(text).toContain("#   vCPUs 0-1 each on 4-7\n#   vCPU 2 on 8-9\n");
  expect(text).toContain("# and all its memory to nodes 0-1.\n");
});

test("long lists are broken into lines of at most 100 columns, and stay whole", () => {
  const cpus = Array.from({ length: 192 }, (_, id) => `${(id * 7) % 192}`);
  const vcpus = cpus.map((cpu, id) => ({ id, cpus: cpu }));
  const lines = shellText({ ...command, threads: { ...command.threads, vcpus } }).split("\n");
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
  const comments = lines.flatMap((line) => (line.startsWith("#") ? [line.slice(1).trim()] : []));
  expect(comments.join("")).toContain(`vCPUs 0-191 in this order on ${cpus.join(",")}`);
});
