import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { mergeTopologies } from "@evenkeel/core/topology/merge/merge-topologies.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { assert, asyncProperty, constantFrom, shuffledSubarray } from "fast-check";
import { describe, expect, test } from "vitest";
import { corpus } from "../../testing/corpus.ts";
import { outputs, strangers } from "../../testing/pasted/outputs.ts";
import { readAnyText } from "./read-any-text.ts";

/**
 * Outputs that people paste directly after one another, each line decorated by whatever it went
 * through, are told apart: the machine is that of each output read alone, merged.
 */
const names = Object.keys(outputs);
const output = (name: string): string => outputs[name] ?? "";

const notes: string[] = [];
const options = {
  parseTopology: (): never => {
    throw new Error("is no document");
  },
  note: (sentence: string): void => void notes.push(sentence),
};

async function read(text: string): Promise<Topology> {
  notes.length = 0;
  return readAnyText(text, "ticket.txt", options);
}

type Put = (line: string, i: number) => string;

/** What a text goes through, line by line; the same for all lines. */
const decorations: Readonly<Record<string, Put>> = {
  nothing: (line) => line,
  "line ends of Windows": (line) => `${line}\r`,
  "a quotation": (line) => `> ${line}`,
  "a quotation of a quotation": (line) => `>> ${line}`,
  "indented code": (line) => `    ${line}`,
  "numbers of cat -n": (line, i) => `${String(i + 1).padStart(6)}\t${line}`,
  "numbers of grep -n": (line, i) => `${i + 1}:${line}`,
  "numbers of less -N": (line, i) => `${String(i + 1).padStart(7)} ${line}`,
  "numbers beside a bar": (line, i) => `${String(i + 1).padStart(4)} | ${line}`,
  "a pod's log": (line) => `[pod/prober-7d9f/main] ${line}`,
  "times of a container": (line) => `2025-03-04T05:06:07.123456789Z ${line}`,
  "times of GitHub Actions": (line) => `2024-01-01T00:00:00.0000000Z ${line}`,
  "a job of gh run view": (line) => `build\tRun lscpu\t2024-01-01T00:00:00.0000000Z ${line}`,
  stern: (line) => `prober-7d9f-x2x5z main ${line}`,
  journald: (line) => `Nov 30 08:32:02 gpu-a17 prober[71]: ${line}`,
  "journald's precise times": (line) => `Nov 30 08:32:02.123456 gpu-a17 prober[71]: ${line}`,
  klog: (line) => `I1130 08:32:02.123456   12345 main.go:12] ${line}`,
  "a service of compose": (line) => `prober-1  | ${line}`,
  "a host of pdsh": (line) => `gpu-a17: ${line}`,
  "a task of srun": (line) => `0: ${line}`,
  "a logger of Python": (line) => `INFO:root:${line}`,
  "a terminal's colors": (line) => `\u001b[32m${line}\u001b[0m`,
  "a terminal's title": (line) => `\u001b]0;root@gpu-a17\u0007${line}`,
  "blanks of web pages": (line) => line.replaceAll(" ", "\u00a0"),
  "docker's JSON": (line) => JSON.stringify({ log: `${line}\n`, stream: "stdout", time: "2025" }),
  "journalctl's JSON": (line) => JSON.stringify({ PRIORITY: "6", MESSAGE: line }),
  logfmt: (line) => `time="2025-03-04T05:06:07Z" level=info msg=${JSON.stringify(line)}`,
};

/** What stands around each output. */
const wraps: Readonly<Record<string, (name: string, text: string) => string>> = {
  nothing: (_, text) => text,
  "a prompt of root": (name, text) => `[root@gpu-a17 ~]# ${name}\n${text}`,
  "a prompt of a user": (name, text) => `me@gpu-a17:~$ ${name}\n${text}`,
  "a lone dollar": (name, text) => `$ ${name}\n${text}`,
  PowerShell: (name, text) => `PS C:\\Users\\me> wsl ${name}\n${text}`,
  zsh: (name, text) => `\u279c  ~ ${name}\n${text}`,
  "set -x": (name, text) => `+ ${name}\n${text}`,
  "a fence": (_, text) => `\`\`\`console\n${text}\`\`\`\n`,
  "a heading": (name, text) => `## ${name}\n${text}`,
};

const decorated = (text: string, put: Put): string =>
  text.replace(/\n$/, "").split("\n").map(put).join("\n");

/** A list of GPUs is read with the matrix, whose models it has; the rest is merged in order. */
async function mergeOf(chosen: readonly string[]): Promise<Topology> {
  const [matrix, list] = ["nvidia-smi topo -m", "nvidia-smi -L"];
  const both = chosen.includes(matrix) && chosen.includes(list);
  const parts: Topology[] = [];
  let isRead = false;
  for (const name of chosen) {
    const isOne = both && (name === matrix || name === list);
    if (isOne && isRead) continue;
    isRead ||= isOne;
    parts.push(await read(isOne ? output(list) + output(matrix) : output(name)));
  }
  return mergeTopologies(parts).topology;
}

/** What a topology says, without the order in which it was read. */
const said = ({ source, ...facts }: Topology): unknown => ({
  ...facts,
  name: null,
  source: source.split(" + ").toSorted(),
});

const permutation = shuffledSubarray(names, { minLength: 2, maxLength: 6 });

test("glued outputs give the machine that each of them gives, merged", async () => {
  await assert(
    asyncProperty(
      permutation,
      constantFrom(...Object.keys(decorations)),
      constantFrom(...Object.keys(wraps)),
      async (chosen, decoration, wrap) => {
        const put = decorations[decoration] ?? ((line: string) => line);
        const around = wraps[wrap] ?? ((_: string, text: string) => text);
        const glued = chosen.map((name) => around(name, output(name))).join("");
        const found = await read(decorated(glued, put));
        expect(notes.filter((note) => note.includes("left out"))).toEqual([]);
        expect(said(found)).toEqual(said(await mergeOf(chosen)));
      },
    ),
    { numRuns: 300 },
  );
}, 120_000);

test.each(Object.keys(strangers))(
  "%s between outputs is said, and changes nothing",
  async (name) => {
    const stranger = strangers[name] ?? "";
    for (const [first = "", second = ""] of [
      ["lscpu", "numactl"],
      ["numactl", "nvidia-smi topo -m"],
      ["lspci -Dvvnn", "lscpu -p"],
      ["nvidia-smi -q", "lscpu"],
    ]) {
      const alone = said(await mergeOf([first, second]));
      for (const glued of [
        output(first) + stranger + output(second),
        output(first) + output(second) + stranger,
        stranger + output(first) + output(second),
      ]) {
        const found = await read(glued);
        expect(
          notes.some((note) => note.includes(`look like ${name}: not read`)),
          glued,
        ).toBe(true);
        expect(said(found)).toEqual(alone);
      }
    }
  },
);

const recorded = ["numactl-lscpu", "nvidia-smi-topo", "lscpu-golden"].flatMap((kind) => {
  const path = corpus(kind);
  if (path === null || !existsSync(path)) return [];
  const texts = readdirSync(path).filter((file) => /\.(?:out|txt|expected)$/.test(file));
  return texts.map((file): [string, string] => [file, readFileSync(join(path, file), "utf8")]);
});

describe.skipIf(recorded.length === 0)("recordings", () => {
  test("a recorded output says the same with another program's around it", async () => {
    const free = strangers["the output of free"] ?? "";
    for (const [file, text] of recorded) {
      const alone = await read(text).catch(() => null);
      if (alone === null) continue;
      for (const glued of [
        `${text.trimEnd()}\n${free}`,
        free + text,
        `$ free -h\n${free}$ x\n${text}`,
      ]) {
        expect([file, said(await read(glued))]).toEqual([file, said(alone)]);
      }
    }
  });
});
