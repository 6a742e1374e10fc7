import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { scratchFolder } from "../../testing/scratch.ts";
import { treeOf } from "../../testing/sysfs/tree-of.ts";
import { vmNames } from "./names.ts";

const qemu = "/usr/bin/qemu-system-x86_64";

const machine = treeOf({
  "/proc/1/cmdline": "/sbin/init\0",
  "/proc/7/cmdline": `${qemu}\0-name\0guest=llm-b,debug-threads=on\0`,
  "/proc/8/cmdline": `${qemu}\0-name\0guest=odd name; $(reboot)\0`,
  "/proc/9/cmdline": `/usr/bin/less\0-name\0guest=llm-c\0`,
  "/proc/12/cmdline": `${qemu}\0-name\0guest=(llm-z\0`,
  "/proc/13/cmdline": `${qemu}\0-name\0guest=llm-z)\0`,
  "/proc/70/cmdline": `${qemu}\0-name\0guest=db-a\0`,
  "/proc/10/cmdline": `${qemu}\0-m\x001G\0`,
  "/proc/11/cmdline": `${qemu}\0-name\0guest=llm-a\0`,
});

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = scratchFolder();
  mkdirSync(join(folder, "vms"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, "vms", name), text);
  return folder;
}

test("names are those of the records and of the emulators that run, and nothing else", () => {
  const folder = folderWith({
    "acme_llm-a.json": '{ "adopted": false }',
    "db.json": '{ "adopted": true }',
    "damaged.json": "{",
    ".half.json": "{}",
    "llm-a.lock": "",
    [`${"n".repeat(64)}.json`]: "{}",
    [`${"m".repeat(65)}.json`]: "{}",
    "llm-b.json.new": "{}",
    ".json": "{}",
    "$(reboot).json": "{}",
  });
  expect(vmNames(folder, machine)).toEqual({
    recorded: [
      { name: "acme_llm-a", adopted: false },
      { name: "damaged", adopted: false },
      { name: "db", adopted: true },
      { name: "n".repeat(64), adopted: false },
    ],
    running: ["db-a", "llm-a", "llm-b"],
  });
});

test("without a state folder, or one that may not be read, what runs is known", () => {
  const known = { recorded: [], running: ["db-a", "llm-a", "llm-b"] };
  expect(vmNames("/nowhere", machine)).toEqual(known);
  const closed = folderWith({ "db.json": "{}" });
  chmodSync(join(closed, "vms"), 0);
  if (process.getuid?.() !== 0) expect(vmNames(closed, machine)).toEqual(known);
});
