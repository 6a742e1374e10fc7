import { afterAll, beforeAll, expect, test } from "vitest";
import { bootHost, type Host } from "../machine/host.ts";
import { measureOn, placesIn, watchedCrews } from "../machine/measuring.ts";
import { unevenNodes } from "../machine/shape.ts";
import { words } from "../machine/words.ts";

/**
 * `evenkeel measure` on a host with a node without memory and one without CPUs. Emulation makes its
 * times meaningless, which it says; where its threads and pages were is the kernel's word, and what
 * this scenario has seen itself in /proc meanwhile.
 */
let host: Host;
beforeAll(async () => {
  host = await bootHost(unevenNodes);
});
afterAll(() => host?.stop());

test("each pair is measured where it says, nodes without CPUs or memory apart", async () => {
  const { calibration, seen } = await measureOn(host, words("--time", "120s"));
  expect(calibration.conditions).toMatchObject({ isEmulated: true, isInGuest: true });
  // Where the time was over pairs would be missing.
  expect(calibration.warnings).toEqual([expect.stringContaining("nvbandwidth is not installed")]);
  // CPUs 0-1 are of node 0, 2-3 of node 1; node 1 has no memory, node 2 no CPUs.
  const cpusOf = { 0: "0-1", 1: "2-3" };
  expect(placesIn(calibration, cpusOf)).toEqual([
    { pair: "0-0", cpus: true, nodes: [0] },
    { pair: "0-2", cpus: true, nodes: [2] },
    { pair: "1-0", cpus: true, nodes: [0] },
    { pair: "1-2", cpus: true, nodes: [2] },
  ]);
  // A look once in a while may miss a pair that took a moment, but sees none elsewhere.
  const { nodes, mixed } = watchedCrews(seen);
  expect(mixed).toEqual([]);
  expect(nodes.filter((node) => node !== 0 && node !== 2)).toEqual([]);
});
