import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { catalogMachine } from "@evenkeel/core/topology/catalog/catalog.ts";
import { expect, onTestFinished, test } from "vitest";
import { roomInMemory, scratchFolder } from "../../testing/scratch.ts";
import { writeBelow } from "../../testing/sysfs/generated-tree.ts";
import { generateSysfs } from "../../testing/sysfs/generate-sysfs.ts";
import { recordingTree } from "../snapshot/recording.ts";
import { readCpuSettings } from "../sysfs/cpu-notes.ts";
import { readSysfs } from "../sysfs/read.ts";
import { directoryTree, liveTree } from "../tree/directory-tree.ts";
import type { Tree } from "../tree/tree.ts";
import { type Answer, readAnswer } from "./answer.ts";
import { machineScript } from "./script.ts";

/** What the script tells of a machine in a folder, or of this one, with the programs of a PATH. */
function answer(root: string | null, path = process.env["PATH"]): Answer {
  const said = execFileSync("/bin/sh", ["-s", ...(root === null ? [] : [root])], {
    input: machineScript("n"),
    encoding: "utf8",
    env: { PATH: path },
    maxBuffer: 64 * 1024 * 1024,
  });
  return readAnswer(said, "n", "ssh:far");
}

const told = (root: string | null): Tree => answer(root).tree;

/** Every file that the readers ask for, with what is in it. */
function filesRead(tree: Tree): ReadonlyMap<string, Uint8Array> {
  const { tree: recorder, recording } = recordingTree(tree);
  readCpuSettings(recorder, readSysfs(recorder, "far"));
  return recording.files;
}

/** Files of which only the lines that are used are sent. */
const shortened = /^\/proc\/(cpuinfo|mounts|self\/|net\/|\d+\/)|^\/usr\/share\//;

test.each(["hgx-h100", "gb200-tray", "mi300x", "xeon-snc"])(
  "%s: the script sends every file that is read, as it is, and the machine is the same",
  (name) => {
    const machine = catalogMachine(name);
    if (machine === null) throw new Error(`no ${name}`);
    const root = mkdtempSync(join(roomInMemory(), "evenkeel-test-"));
    onTestFinished(() => rmSync(root, { recursive: true, force: true }));
    writeBelow(root, generateSysfs(machine));
    const far = told(root);
    const near = directoryTree(root);
    const files = [...filesRead(near)].filter(([path]) => !shortened.test(path));
    expect(files.length).toBeGreaterThan(500);
    for (const [path, bytes] of files) {
      expect([path, Buffer.from(far.readBytes(path) ?? "absent")]).toEqual([
        path,
        Buffer.from(bytes),
      ]);
    }
    expect(readSysfs(far, "far")).toEqual(readSysfs(near, "far"));
  },
);

test.skipIf(process.platform !== "linux")("this machine by the script is this machine", () => {
  const withoutFree = (tree: Tree): unknown => {
    const topology = readSysfs(tree, "here");
    return { ...topology, nodes: topology.nodes.map((node) => ({ ...node, freeBytes: null })) };
  };
  expect(withoutFree(told(null))).toEqual(withoutFree(liveTree()));
});

test("odd files: without an end, empty, with bytes, with marks of the answer's own", () => {
  const root = scratchFolder();
  const put = (path: string, content: string | Uint8Array): void => {
    mkdirSync(join(root, path, ".."), { recursive: true });
    writeFileSync(join(root, path), content);
  };
  const cpu = "/sys/devices/system/cpu";
  const device = "/sys/devices/pci0000:00/0000:00:01.0";
  put(`${cpu}/online`, "0");
  put(`${cpu}/present`, "");
  put(`${cpu}/cpu0/topology/core_id`, "0\nend n\nF /etc/shadow\n-x\\ty  \n\n z");
  put(`${cpu}/not-asked-for`, "secret");
  put(
    `${device}/config`,
    Uint8Array.from({ length: 300 }, (_, i) => i % 256),
  );
  put(`${device}/vendor`, "0x10de\n");
  put(`${device}/device`, "0x2330\n");
  put("/usr/share/misc/pci.ids", pciIds);
  mkdirSync(join(root, "/sys/bus/pci/devices"), { recursive: true });
  symlinkSync(
    `../../../devices/pci0000:00/0000:00:01.0`,
    join(root, "/sys/bus/pci/devices/0000:00:01.0"),
  );
  put(
    "/proc/self/mountinfo",
    "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 8:2 / /secret rw - ext4 x rw\n",
  );
  put("/proc/net/route", "Iface\tDestination\neth0\t00000000\t1\neth1\t0A000000\t1\n");
  const tree = told(root);
  const text = (path: string): string | null => tree.readText(path);
  expect(text(`${cpu}/online`)).toBe("0");
  expect(text(`${cpu}/present`)).toBe("");
  expect(text(`${cpu}/cpu0/topology/core_id`)).toBe("0\nend n\nF /etc/shadow\n-x\\ty  \n\n z");
  expect(text(`${cpu}/not-asked-for`)).toBeNull();
  expect([...(tree.readBytes("/sys/bus/pci/devices/0000:00:01.0/config") ?? [])]).toEqual(
    Array.from({ length: 300 }, (_, i) => i % 256),
  );
  expect(tree.realPath("/sys/bus/pci/devices/0000:00:01.0")).toBe(device);
  // No more than is needed leaves the machine.
  expect(text("/usr/share/misc/pci.ids")).toBe("10de  NVIDIA\n\t2330  GH100 [H100 SXM5]\n");
  expect(text("/proc/self/mountinfo")).toBe("1 0 8:1 / / rw - ext4 /dev/sda1 rw\n");
  expect(text("/proc/net/route")).toBe("eth0\t00000000\t1\n");
});

const pciIds = [
  "# a comment",
  "10dd  Other\n\t2330  Wrong",
  "10de  NVIDIA\n\t1c03  Old\n\t2330  GH100 [H100 SXM5]\n\t\t10de 1  sub\n\t2331  Next",
  "C 03  Display\n\t2330  no device",
  "",
].join("\n");

test("without od and awk the rest is told, and a note says what is missing", () => {
  const root = scratchFolder();
  const put = (path: string, content: string): void => {
    mkdirSync(join(root, path, ".."), { recursive: true });
    writeFileSync(join(root, path), content);
  };
  const device = "/sys/bus/pci/devices/0000:00:01.0";
  put(`${device}/config`, "bytes");
  put(`${device}/vendor`, "0x10de\n");
  const bare = answer(root, "/nowhere");
  expect(bare.notes).toEqual(["no od: configuration spaces of PCI devices are not read"]);
  expect(bare.tree.readText(`${device}/vendor`)).toBe("0x10de\n");
  expect(bare.tree.readBytes(`${device}/config`)).toBeNull();
  put("/usr/share/misc/pci.ids", pciIds);
  expect(answer(root, "/nowhere").notes).toContain("no awk: models of devices are not named");
  expect(answer(root).notes).toEqual([]);
});

test.skipIf(process.platform !== "linux")("a tool's output is told, or that it failed", () => {
  const programs = scratchFolder();
  const program = (name: string, script: string): void => {
    writeFileSync(join(programs, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  };
  program("nvidia-smi", 'if [ "$1" = topo ]; then printf "a\\n\\n b"; else echo half; exit 9; fi');
  const { tree, notes } = answer(null, programs);
  expect(tree.readText("/evenkeel/nvidia-smi-topo.txt")).toBe("a\n\n b\n");
  expect(tree.readText("/evenkeel/nvidia-smi-query.xml")).toBeNull();
  expect(tree.readText("/evenkeel/rocm-smi-topo.txt")).toBeNull();
  expect(notes).toContain("nvidia-smi -q -x: exit status 9");
});

test("what is cut short does nothing", () => {
  const script = machineScript("n");
  for (const share of [0.3, 0.6, 0.9, 0.99]) {
    const input = script.slice(0, Math.floor(script.length * share));
    expect(spawnSync("sh", ["-s"], { input, encoding: "utf8" }).stdout).toBe("");
  }
});
