import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { planOf } from "@evenkeel/core/testing/guest/plan-of.ts";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { qemuInstance } from "@evenkeel/host/testing/vm-host.ts";
import { expect, test } from "vitest";

/**
 * The power fails right after a command has recorded a VM. Only what was flushed is there then, and
 * flushing a file or a folder does not flush its entry in the folder above it (fsync(2)). The
 * kernel's calls show what is flushed, and when.
 */
const tracer = "strace";
const canTrace = spawnSync(tracer, ["-f", "-e", "trace=fsync", "true"]).status === 0;

/** The calls of a program, in their order: what was made, flushed and moved. */
function traced(script: string, folder: string): readonly string[] {
  const log = join(folder, "calls");
  const calls = "trace=mkdir,mkdirat,rename,renameat,renameat2,fsync,fdatasync";
  const node = [process.execPath, "--input-type=module", "--eval", script];
  const { status, stderr } = spawnSync(tracer, ["-f", "-y", "-o", log, "-e", calls, ...node], {
    encoding: "utf8",
  });
  expect(status, stderr).toBe(0);
  return readFileSync(log, "utf8")
    .split("\n")
    .flatMap((line) => {
      const [, call, told = ""] = /^\d+ +(\w+)\((.*)\) += 0$/.exec(line) ?? [];
      if (call === undefined || !told.includes(folder)) return [];
      const paths = told.match(/(?<=["<])[^">]*(?=[">])/g) ?? [];
      return [`${call} ${paths.join(" ")}`.replaceAll(folder, "").replaceAll(/\.\d[\w.-]*/g, ".x")];
    });
}

const module = (path: string): string =>
  JSON.stringify(join(import.meta.dirname, "../../packages/host/src", path));

test.skipIf(!canTrace)("each new folder is flushed in the folder above it", () => {
  const folder = realpathSync(scratchFolder());
  mkdirSync(join(folder, "there"));
  const calls = traced(
    `import { openState } from ${module("state/state-folder.ts")};
     const state = await openState(${JSON.stringify(join(folder, "there/a/b/state"))}, JSON.parse);
     await openState(${JSON.stringify(join(folder, "there/a/b/state"))}, JSON.parse);`,
    folder,
  );
  const flushed = calls.filter((call) => call.startsWith("fsync"));
  // Those that are there already cost nothing.
  expect(flushed).toEqual([
    "fsync /there",
    "fsync /there/a",
    "fsync /there/a/b",
    "fsync /there/a/b/state",
  ]);
  expect(calls.findLastIndex((call) => call.startsWith("mkdir"))).toBeLessThan(calls.length - 1);
});

test.skipIf(!canTrace)("a record is flushed before it takes its name, and its name after", () => {
  const folder = realpathSync(scratchFolder());
  const record = qemuInstance(planOf({ vm: "llm-a", cells: [{ cores: 1 }] }));
  writeFileSync(join(folder, "record.json"), JSON.stringify(record));
  const calls = traced(
    `import { readFileSync } from "node:fs";
     import { openState } from ${module("state/state-folder.ts")};
     const state = await openState(${JSON.stringify(join(folder, "state"))}, JSON.parse);
     await state.write(JSON.parse(readFileSync(${JSON.stringify(join(folder, "record.json"))})));`,
    folder,
  );
  const kinds = calls
    .slice(-3)
    .map((call) => call.replace(/ .*\//, " ").replace(/^f(data)?sync/, "flush"));
  expect(kinds, calls.join("\n")).toMatchObject([
    expect.stringMatching(/^flush \.llm-a/),
    expect.stringMatching(/^rename\w* llm-a\.json$/),
    "flush vms",
  ]);
});

test.runIf(!canTrace)("no kernel calls can be seen: strace is missing or may not trace", () => {});
