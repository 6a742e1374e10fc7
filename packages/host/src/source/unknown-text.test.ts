import { describe, expect, test } from "vitest";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { writeFileSync } from "node:fs";
import { corpus } from "../../testing/corpus.ts";
import { codedError } from "../../testing/expect-error.ts";
import { outputs, strangers } from "../../testing/pasted/outputs.ts";
import { scratchFolder } from "../../testing/scratch.ts";
import { foreignLine, isMessage } from "./foreign-text.ts";
import { plainText } from "../text/plain-text.ts";
import { textLimits } from "../text/read-lines.ts";
import { readAnyText } from "./read-any-text.ts";
import { readSource } from "./read-source.ts";

/** A text that is no machine's is named, with the commands whose output would serve. */
const options = {
  parseTopology: (): never => {
    throw new Error("was taken for a document");
  },
};
const refused = (text: string, where = "x.txt", name: string | null = null) =>
  codedError("text-unexpected", () => readAnyText(text, where, options, name));

test.each(Object.entries(strangers))("%s is named", async (name, text) => {
  for (const put of [text, text.replaceAll(/^(?=.)/gm, "> "), `\`\`\`\n${text}\`\`\`\n`]) {
    const error = await refused(put);
    expect(error.message).toBe(`looks like ${name}`);
    expect(error.remedy).toMatch(/^give the output of \w/);
  }
});

const named: readonly (readonly [string, string])[] = [
  ["[    0.000000] Linux version 6.1.0\n[    0.000000] x86/fpu: x87\n", "a kernel's log (dmesg)"],
  [
    "Nov 30 08:00:00 gpu-a17 systemd[1]: Started Session 1.\nNov 30 08:00:01 gpu-a17 cron[2]: x\n",
    "a log",
  ],
  ["-- Boot 0123456789abcdef0123456789abcdef --\n", "a journal of systemd"],
  ["<!DOCTYPE html>\n<html><head><title>x</title></head></html>", "a page of HTML"],
  ["<p>It is slow</p>", "a page of HTML"],
  [
    "<domain type='kvm'>\n  <name>a</name>\n</domain>\n",
    "a VM of libvirt (virsh dumpxml), not the machine that it runs on",
  ],
  ["<inventory><host/></inventory>", "XML with the root element <inventory>"],
  ["apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n", "a Pod of Kubernetes"],
  ['{"apiVersion": "v1", "kind": "Service"}', "a Service of Kubernetes"],
  ['{\n  "blockdevices": []\n}', "the output of lsblk --json"],
  ["bash: lscpu: command not found\n", "the message of a command that failed"],
  ["NVIDIA-SMI has failed because it couldn't\n", "the message of a command that failed"],
  [" Id   Name   State\n-------------\n 1    a      running\n", "a list of libvirt's VMs"],
  ["NAME   STATUS   ROLES   AGE   VERSION\nn1  Ready  <none> 1d v1\n", "a table of kubectl get"],
  ["  at main (/srv/app.js:12:3)\n", "a program's stack trace"],
  ["#!/bin/sh\necho a\n", "a script"],
];

test.each(named)("%j is named", async (text, name) => {
  expect((await refused(text)).message).toBe(`looks like ${name}`);
});

test("an empty text, and one of which nothing is known, are told apart", async () => {
  for (const text of ["", " \n\t\n", "\uFEFF"]) {
    expect((await refused(text)).message).toBe("is empty");
  }
  const error = await refused("\n  our nodes are slow since Tuesday: why?\n");
  expect(error.message).toBe(
    'is no output that is known: it begins with "our nodes are slow since Tuesday: why?"',
  );
  expect(error.remedy).toContain("lscpu, numactl -H, lspci -Dvvvnn");
});

test("another document of Evenkeel is named by its kind, with what it is for", async () => {
  for (const text of [
    "apiVersion: evenkeel/v1\nkind: VirtualMachine\n",
    '{\n  "apiVersion": "evenkeel/v1",\n  "kind": "VirtualMachine"\n}',
  ]) {
    const error = await codedError("document-invalid", () => readAnyText(text, "x", options));
    expect(error.message).toBe("is a VirtualMachine, not a Topology");
    expect(error.remedy).toBe("place it on a machine: evenkeel place x --on live");
  }
});

test("an output that is named as another tool's is said to be whose it is", async () => {
  const error = await refused(outputs["lscpu"] ?? "", "x.txt", "numactl");
  expect(error.message).toBe("has the output of lscpu and none of numactl");
  expect(error.expected).toBe("the output of numactl --hardware");
  const free = await refused(strangers["the output of free"] ?? "", "x.txt", "numactl");
  expect(free.message).toBe("looks like the output of free");
});

const folder = scratchFolder();
const written = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

test.each([
  ["a PNG image", "\u0089PNG\r\n\u001a\n\0\0"],
  ["a PDF document", "%PDF-1.7\nx"],
  ["a JPEG image", "\u00ff\u00d8\u00ff\u00e0\0"],
  ["a program (ELF)", "\u007fELF\u0002"],
  ["a file of bytes and no text", "abc\0def"],
])("%s is named", async (name, bytes) => {
  const path = written("file", Buffer.from(bytes, "latin1"));
  for (const source of [path, `lscpu:${path}`]) {
    const error = await codedError("text-malformed", () => readSource(source, options));
    expect(error.message).toBe(`is ${name}`);
  }
});

test("a text in UTF-16, as PowerShell writes it, and a compressed one are read", async () => {
  const text = outputs["numactl"] ?? "";
  const wide = Buffer.from(`\uFEFF${text}`, "utf16le");
  for (const bytes of [wide, Buffer.from(wide).swap16(), gzipSync(text), gzipSync(wide)]) {
    const path = written("pasted", bytes);
    for (const source of [path, `numactl:${path}`]) {
      expect((await readSource(source, options)).nodes).toHaveLength(2);
    }
  }
  const free = written("free.gz", gzipSync(strangers["the output of free"] ?? ""));
  const error = await codedError("text-unexpected", () => readSource(free, options));
  expect(error.message).toBe("looks like the output of free");
  const most = written("most.gz", gzipSync(Buffer.alloc(textLimits.bytes, "a")));
  await codedError("text-unexpected", () => readSource(most, options));
  const bomb = written("bomb.gz", gzipSync(Buffer.alloc(40 * 1024 * 1024, "a")));
  await codedError("file-too-large", () => readSource(bomb, options));
});

describe.skipIf(corpus("field") === null)("recordings", () => {
  test.each([
    "lscpu-golden",
    "numactl-lscpu",
    "nvidia-smi-topo",
    "kubernetes",
    "libvirt-caps",
    "nccl-xml",
  ])("no line of an output in %s is taken for another program's", (name) => {
    const path = corpus(name) ?? "";
    const files = existsSync(path) ? readdirSync(path) : [];
    const texts = files
      .filter((file) => /\.(txt|out|expected|yaml|xml)$/.test(file))
      .filter((file) => statSync(join(path, file)).size < 1024 * 1024);
    expect(texts.length).toBeGreaterThan(0);
    for (const file of texts) {
      const lines = plainText(readFileSync(join(path, file), "latin1")).split("\n");
      const found = lines.map(foreignLine).filter((each) => each !== null && !isMessage(each));
      expect([file, found]).toEqual([file, []]);
    }
  });
});
