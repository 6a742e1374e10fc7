import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { scratchFolder } from "../../testing/scratch.ts";
import { treeOf } from "../../testing/sysfs/tree-of.ts";
import { askAccelerators, recordedAccelerators } from "./ask-accelerators.ts";

const folder = scratchFolder();
const path = `${folder}:/usr/bin:/bin`;

/** An nvidia-smi that says so. */
function installed(script: string): void {
  const file = join(folder, "nvidia-smi");
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
}

const notes: string[] = [];
const note = (sentence: string): void => void notes.push(sentence);
beforeEach(() => void (notes.length = 0));

const query = `<nvidia_smi_log><attached_gpus>1</attached_gpus><gpu id="00000000:1B:00.0"><performance_state>P8</performance_state></gpu></nvidia_smi_log>`;

test("nobody to ask is null without a word", async () => {
  expect(await askAccelerators(note, "/no/such/folder")).toBeNull();
  expect(notes).toEqual([]);
});

test("the query, and links and copies where the tool knows them", async () => {
  installed(`case "$1" in
    -q) echo '${query}';;
    nvlink) printf 'GPU 0: NVIDIA H100 (UUID: x)\\n\\t Link 0: 26.562 GB/s\\n';;
    *) echo refused >&2; exit 3;;
  esac`);
  expect(await askAccelerators(note, path)).toMatchObject([
    {
      address: "0000:1b:00.0",
      performanceState: "P8",
      nvlinks: { active: 1, total: 1 },
      peers: null,
    },
  ]);
  expect(notes).toEqual([]);
});

test("a tool without its driver, and an answer that is none, are noted", async () => {
  installed("echo NVIDIA-SMI has failed >&2; exit 9");
  expect(await askAccelerators(note, path)).toBeNull();
  installed("echo '<html></html>'");
  expect(await askAccelerators(note, path)).toBeNull();
  expect(notes).toEqual([
    "nvidia-smi -q -x: exit status 9: NVIDIA-SMI has failed",
    expect.stringContaining("root <html>"),
  ]);
});

test("a recorded machine answers by what its recording has of the tool", () => {
  const recorded = (text: string) =>
    recordedAccelerators(treeOf({ "/evenkeel/nvidia-smi-query.xml": text }), note);
  expect(recorded(query)).toMatchObject([{ address: "0000:1b:00.0", nvlinks: null, peers: null }]);
  expect(recordedAccelerators(treeOf({}), note)).toBeNull();
  expect(notes).toEqual([]);
  expect(recorded("<nvidia_smi_log>")).toBeNull();
  expect(notes).toHaveLength(1);
});
