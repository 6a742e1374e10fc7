import { expect, test } from "vitest";
import { plainText } from "./plain-text.ts";

const output = [
  "available: 2 nodes (0-1)",
  "node 0 cpus: 0 1",
  "node 0 size: 1024 MB",
  "node 1 cpus: 2 3",
  "node 1 size: 1024 MB",
  "node distances:",
  "node   0   1",
  "  0:  10  21",
  "  1:  21  10",
];
const each = (put: (line: string, i: number) => string): string => output.map(put).join("\n");

test.each([
  ["nothing", each((line) => line)],
  ["a byte order mark", `\uFEFF${output.join("\n")}`],
  ["Windows' line ends", output.join("\r\n")],
  ["a terminal's colors", each((line) => `\u001b[1;32m${line}\u001b[0m`)],
  ["colors whose escape was spelled out", each((line) => `\\033[1m${line}\\033[0m`)],
  ["a quotation", each((line) => `> ${line}`)],
  ["a quotation of a quotation", each((line) => `> > ${line}`)],
  ["ranks of Open MPI", each((line) => `[1,0]<stdout>:${line}`)],
  ["the host of pdsh", each((line) => `gpu-a17: ${line}`)],
  ["a container in brackets", each((line) => `[pod/prober-x7/main] ${line}`)],
  ["a rank in brackets", each((line) => `[0] ${line}`)],
  ["a service of compose", each((line) => `prober-1 | ${line}`)],
  ["times of ISO 8601", each((line, i) => `2025-03-04T05:06:0${i}.123456789Z ${line}`)],
  ["dates of a logger", each((line, i) => `2025-03-04 05:06:0${i},123 INFO ${line}`)],
  ["syslog", each((line, i) => `Mar  4 05:06:0${i} gpu-a17 prober[71]: ${line}`)],
  ["journald", each((line, i) => `2025-03-04T05:06:0${i}+0000 gpu-a17 prober[71]: ${line}`)],
  ["the time alone", each((line, i) => `[05:06:0${i}] ${line}`)],
  ["the time since boot", each((line, i) => `[    7.10${i}] ${line}`)],
  ["a container's log", each((line) => `2025-03-04T05:06:07.123456789Z stdout F ${line}`)],
  ["blanks of documents", each((line) => line.replaceAll(" ", "\u00a0"))],
  ["a quotation of a log", each((line, i) => `> 05:06:0${i} ${line}`)],
])("a command's output keeps its content without %s", (_, text) => {
  expect(plainText(text)).toBe(output.join("\n"));
});

test("a blank after a quotation mark belongs to the mark", () => {
  expect(plainText(">>a\n>>  b\n> > c\n>d")).toBe("a\n b\nc\nd");
});

test("fences become blank, so that every line keeps its number", () => {
  expect(plainText(`Look:\n\`\`\`text\n${output.join("\n")}\n\`\`\`\nThanks`)).toBe(
    `Look:\n\n${output.join("\n")}\n\nThanks`,
  );
});

test("blocks of HTML around an output are taken off", () => {
  const block = (line: string): string => `<pre><code class="text">${line}`;
  expect(plainText(`<details open>\n${block("a b")}\nc\n</code></pre>\n`)).toBe("\na b\nc\n\n");
});

test("a text that only looks like a prefix is kept", () => {
  for (const text of [
    "0000:1b:00.0 3D controller: NVIDIA Corporation Device 2330\n1b:00.0 Bridge: x\n00:1f.3 Audio: y",
    "GPU[0]\t\t: (Topology) Numa Node: 0\nGPU[1]\t\t: (Topology) Numa Node: 1",
    "Memory behind bridge: [mem 0x1000]\n\tRegion 0: Memory at 1000 [size=16M]",
    "  0:  10  21  17\n  1:  21  10  28\n  2:  17  28  10\n  3:  17  28  10",
  ]) {
    expect(plainText(text)).toBe(text);
  }
});

test("XML and JSON stay as they are", () => {
  for (const text of ['<a\n> \n x="1"/>', '{"a": "\\n> b"}', "[\n  {\n> \n}]"]) {
    expect(plainText(`\uFEFF${text}`)).toBe(text);
  }
});

test("no text takes long", () => {
  const pieces = [
    "> ",
    "\n",
    "[1,0]",
    "2025-03-04 ",
    "a",
    "\u001b[",
    "[0",
    "`",
    " ",
    "x: ",
    "[a] ",
  ];
  for (const piece of pieces) {
    const text = piece.repeat(4_000_000 / piece.length);
    const before = process.cpuUsage();
    plainText(text);
    expect(process.cpuUsage(before).user, piece).toBeLessThan(2_000_000);
  }
});
