import type { Calibration } from "@evenkeel/core/calibration/calibration.ts";
import { indices } from "@evenkeel/core/set/index-set.ts";
import { setOf } from "@evenkeel/core/set/list-format.ts";
import { at } from "@evenkeel/core/unit/list.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bootHost, compilingWords, evenkeelProgram, type Host } from "../machine/host.ts";
import { unevenNodes } from "../machine/shape.ts";
import { words } from "../machine/words.ts";

/**
 * `evenkeel measure` on a host with a node without memory and one without CPUs. Emulation makes its
 * times meaningless, which it says; where its threads and pages were is the kernel's word.
 */
let host: Host;
beforeAll(async () => {
  host = await bootHost(unevenNodes);
});
afterAll(() => host?.stop());

test("each pair is measured where it says, nodes without CPUs or memory apart", async () => {
  const measured = await measure();
  console.log(JSON.stringify(measured));
  expect(measured.conditions).toMatchObject({ isEmulated: true, isInGuest: true });
});

async function measure(): Promise<Calibration> {
  const asked = words("measure", "--time", "30s", "--full", "--output", "json");
  const text = await host.ok(evenkeelProgram, [...compilingWords, ...asked], {
    timeoutMs: 300_000,
  });
  return JSON.parse(text);
}
