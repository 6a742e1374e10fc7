import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { readDocument } from "@evenkeel/contract/read-document.ts";
import { codedError } from "../../testing/expect-error.ts";
import { scratchFolder } from "../../testing/scratch.ts";
import { directoryTree, liveTree } from "../tree/directory-tree.ts";
import { isShellReport, parseShellReport } from "./parse-report.ts";
import { contractFile, readGuest } from "./read-guest.ts";

const script = new URL("report.sh", import.meta.url).pathname;

/** The shells of small guests, and the one of this machine. */
const shells = [["dash"], ["busybox", "sh"], ["bash", "--posix"], ["sh"]].filter(([program = ""]) =>
  ["/bin", "/usr/bin"].some((folder) => existsSync(join(folder, program))),
);

function report(shell: readonly string[], env: Readonly<Record<string, string>> = {}): string {
  const [program = "", ...args] = shell;
  const { stdout, stderr, status } = spawnSync(program, [...args, script], {
    env: { PATH: process.env["PATH"], ...env },
    encoding: "utf8",
  });
  expect([stderr, status]).toEqual(["", 0]);
  return stdout;
}

/**
 * A guest of two nodes, one without CPUs, with a device that knows its node and one that does not.
 */
function guestFolder(): string {
  const folder = scratchFolder();
  const files: Readonly<Record<string, string>> = {
    "proc/sys/kernel/osrelease": "6.1.0-test\n",
    "sys/devices/system/node/node0/cpulist": "0-3\n",
    "sys/devices/system/node/node0/distance": "10 21\n",
    "sys/devices/system/node/node0/meminfo":
      "\nNode 0 MemTotal:        1048576 kB\nNode 0 MemFree: 5 kB\n",
    "sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages": "7\n",
    "sys/devices/system/node/node0/hugepages/hugepages-2048kB/free_hugepages": "3\n",
    "sys/devices/system/node/node1/cpulist": "\n",
    "sys/devices/system/node/node1/distance": "21 10\n",
    "sys/devices/system/node/node1/meminfo": "Node 1 MemTotal:        2097152 kB\n",
    "sys/d/0000:f9:00.0/vendor": "0x10de\n",
    "sys/d/0000:f9:00.0/device": "0x2330\n",
    "sys/d/0000:f9:00.0/class": "0x030200\n",
    "sys/d/0000:f9:00.0/numa_node": "1\n",
    "sys/d/0000:f9:00.0/current_link_speed": "32.0 GT/s PCIe\n",
    "sys/d/0000:f9:00.0/current_link_width": "16\n",
    "sys/d/0000:f9:00.0/max_link_speed": "32.0 GT/s PCIe\n",
    "sys/d/0000:f9:00.0/max_link_width": "16\n",
    "sys/d/0000:00:02.0/vendor": "0x15b3\n",
    "sys/d/0000:00:02.0/device": "0x1021\n",
    "sys/d/0000:00:02.0/class": "0x020000\n",
    "sys/d/0000:00:02.0/numa_node": "-1\n",
    "sys/d/0000:00:01.0/vendor": "0x1b36\n",
    "sys/d/0000:00:01.0/class": "0x060400\n",
    [contractFile.slice(1)]: '{"kind":"GuestContract"}',
    "etc/nccl.conf": "NCCL_DEBUG=INFO\nNCCL_TOPO_FILE=/etc/evenkeel/nccl-topology.xml\n",
    "etc/evenkeel/nccl-topology.xml": "<system/>",
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  mkdirSync(join(folder, "sys/bus/pci/devices"), { recursive: true });
  for (const address of ["0000:f9:00.0", "0000:00:02.0", "0000:00:01.0"]) {
    symlinkSync(`../../../d/${address}`, join(folder, "sys/bus/pci/devices", address));
  }
  return folder;
}

test("the machine has small shells", () => {
  expect(shells.length).toBeGreaterThan(0);
});

test.each(shells.map((shell) => [shell.join(" "), shell] as const))(
  "%s reports what reading the same guest gives",
  (_name, shell) => {
    const folder = guestFolder();
    const read = readGuest(directoryTree(folder), {});
    expect(read).toMatchObject({
      kernel: "6.1.0-test",
      nodes: [
        { id: 0, cpus: "0-3", memoryBytes: 2 ** 30, distances: [10, 21] },
        { id: 1, cpus: "", memoryBytes: 2 ** 31, distances: [21, 10] },
      ],
      hugepages: [{ node: 0, sizeBytes: 2 ** 21, total: 7, free: 3 }],
      nccl: { file: "/etc/evenkeel/nccl-topology.xml", from: "/etc/nccl.conf" },
      unreadable: [],
    });
    expect(read.devices?.map(({ address, node }) => [address, node])).toEqual([
      ["0000:00:02.0", null],
      ["0000:f9:00.0", 1],
    ]);
    const text = report(shell, { ROOT: folder });
    expect(isShellReport(text)).toBe(true);
    expect(parseShellReport(text, folder)).toEqual(read);
    const other = { NCCL_TOPO_FILE: "/nowhere.xml" };
    expect(parseShellReport(report(shell, { ROOT: folder, ...other }), folder).nccl).toEqual({
      file: "/nowhere.xml",
      sha256: null,
      from: "NCCL_TOPO_FILE",
      slowestLink: null,
      gpuDirect: null,
    });
    // This machine too, whatever it is.
    const here = readGuest(liveTree(), {});
    const shellReport = parseShellReport(report(shell), "/");
    expect(shellReport.nodes?.map(({ cpus }) => cpus)).toEqual(here.nodes?.map(({ cpus }) => cpus));
    expect(shellReport.devices).toEqual(here.devices);
  },
);

test("what a report may not hold is unknown, and every report can be read", () => {
  const node = "sys/devices/system/node/node0";
  for (const [path, text, unknown] of [
    [`${node}/distance`, "0 21\n", { nodes: [{ distances: null }, {}] }],
    [`${node}/distance`, "", { nodes: [{ distances: null }, {}] }],
    [`${node}/distance`, "10 21 x\n", { nodes: [{ distances: null }, {}] }],
    [`${node}/cpulist`, "0-4096\n", { nodes: null, unreadable: [{ what: "nodes" }] }],
    [`${node}/hugepages/hugepages-2048kB/nr_hugepages`, "4294967295\n", { hugepages: [] }],
    ["sys/d/0000:f9:00.0/numa_node", "65536\n", { devices: [{}, { node: null }] }],
    ["proc/sys/kernel/osrelease", "6.1\u0014\n", { kernel: "6.1\uFFFD" }],
    ["etc/nccl.conf", "NCCL_TOPO_FILE=/a\u001b\n", { nccl: { file: "/a\uFFFD" } }],
  ] as const) {
    const folder = guestFolder();
    writeFileSync(join(folder, path), text);
    const read = readGuest(directoryTree(folder), {});
    expect(read).toMatchObject(unknown);
    expect(readDocument(JSON.stringify(read), "report.json", "GuestReport")).toEqual(read);
  }
});

test("a report survives a console, and a part that was cut off is unknown, not missing", async () => {
  const text = report(shells[0] ?? ["sh"], { ROOT: guestFolder() });
  const serial = `[    0.000000] Linux\r\nlogin: evenkeel-guest-report 0\n${text.replaceAll("\n", "\r\n[   12.345678] noise\r\n")}`;
  const read = parseShellReport(serial, "ttyS0");
  expect(read.nodes).toHaveLength(2);
  expect(read.devices).toHaveLength(2);
  const cut = parseShellReport(text.slice(0, text.indexOf("device ")), "cut");
  expect([cut.nodes, cut.devices]).toEqual([null, null]);
  expect(cut.unreadable.map(({ why }) => why)).toContain("the report was cut short");
  await codedError("text-unexpected", () => parseShellReport("hello", "x"));
});
