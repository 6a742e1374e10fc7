import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { expect, test } from "vitest";
import { evenkeel, outcomeText } from "../../../testing/evenkeel.ts";

const folder = scratchFolder();
const traces = join(folder, "traces");
mkdirSync(traces);
writeFileSync(
  join(traces, "openb_node_list_gpu_node.csv"),
  `sn,cpu_milli,memory_mib,gpu,model\n${[0, 1, 2, 3].map((i) => `node-${i},96000,393216,8,G2\n`).join("")}`,
);
const tasks = "cpu_milli,memory_mib,num_gpu,gpu_milli\n";
writeFileSync(
  join(traces, "openb_pod_list_default.csv"),
  `${tasks}8000,32768,1,1000\n4000,8192,1,400\n40000,131072,4,1000\n88000,262144,8,1000\n`,
);
writeFileSync(join(traces, "openb_pod_list_odd.csv"), `${tasks}8000,32768,1,x\n`);

test("policies are compared on a fleet of the catalog, the same every time", async () => {
  const argv =
    "simulate --world catalog:hgx-h100 --hosts 8 --seeds 2 --policies first-fit,fgd+numa,evenkeel,solver";
  const outcome = await evenkeel(argv.split(" "));
  expect(outcome).toEqual(await evenkeel(argv.split(" ")));
  expect(`\n${outcomeText(outcome)}`).toMatchInlineSnapshot(`
    "
    VMs come and go on hosts like hgx-h100
    8 hosts · 64 GPUs · 7 flavors · means from 30 % of the time on · seeds 1 to 2

    policy     allocated ↑     ±  placed ↑  fragments ↓  refused ↓  promised ↑
    first-fit      78.11 %  3.16    82.9 %       10.6 %    15 / 16      75.8 %
    evenkeel       76.61 %  2.52    85.0 %       11.1 %    17 / 17     100.0 %
    solver         75.85 %  1.63    84.7 %       11.4 %    17 / 17     100.0 %
    fgd+numa       74.42 %  3.84    84.9 %       11.0 %    15 / 16     100.0 %

    allocated  share of all GPUs, mean over time; higher is better
    ±          standard deviation between seeds, in percentage points
    placed     share of requests that got a place; higher is better
    fragments  share of all GPUs that a typical request cannot use; lower is better
    refused    of 21 requests for a whole host, those refused although as many GPUs were free / all
               refused; lower is better
    promised   share of VMs on nodes as their flavor promises; higher is better
    --- exit 0
    "
  `);
});

test("the published trace is replayed, with nodes or without", async () => {
  const argv = ["simulate", "--world", `openb:${traces}`, "--seeds", "2", "--output", "json"];
  const read = async (...more: string[]): Promise<unknown> => {
    const { stdout, stderr, status } = await evenkeel([...argv, ...more]);
    expect([stderr, status]).toEqual(["", 0]);
    return JSON.parse(stdout);
  };
  expect(await read()).toMatchObject({
    kind: "Simulation",
    world: { name: "openb default", hosts: 4, gpus: 32, hasNodes: false, axis: "arrived" },
    seeds: [1, 2],
    policies: { length: 7 },
  });
  expect(await read("--numa", "--policies", "evenkeel")).toMatchObject({
    world: { hasNodes: true },
    policies: [{ name: "evenkeel", summary: { inSignature: { mean: 1, deviation: 0 } } }],
  });
});

test("a comparison can be a picture, and a terminal hears how far it is", async () => {
  const argv = ["simulate", "--world", `openb:${traces}`, "--output", "svg"];
  const { stdout, stderr, status } = await evenkeel(argv, { terminal: 80 });
  expect(status).toBe(0);
  expect(stdout).toMatch(/^<svg [^]*<\/svg>\n$/);
  expect(stderr).toContain("run 21 of 21: evenkeel");
  expect((await evenkeel(argv)).stderr).toBe("");
});

test("what cannot be simulated is refused", async () => {
  const refused: readonly (readonly [string, string])[] = [
    ["--world nowhere", "usage"],
    ["--world catalog:hgx-h1000", "machine-unknown"],
    ["--world fleet:no-such-file.yaml", "file-missing"],
    ["--world fleet:no-such-file.yaml --numa", "usage"],
    [`--world openb:${folder}`, "file-missing"],
    [`--world openb:${traces}#odd`, "trace-malformed"],
    [`--world openb:${traces}#../x`, "usage"],
    [`--world openb:${traces} --hosts 3`, "usage"],
    ["--numa", "usage"],
    ["--hosts 0", "usage"],
    ["--hosts 1e3", "usage"],
    ["--seeds 101", "usage"],
    ["--seed -1", "usage"],
    ["--policies evenkeal", "usage"],
    [`--world openb:${traces} --policies solver`, "usage"],
    ["--policies ,", "usage"],
    ["--output png", "usage"],
  ];
  for (const [flags, code] of refused) {
    const { status, stdout, stderr } = await evenkeel(["simulate", ...flags.split(" ")]);
    expect([status, stdout], flags).toEqual([2, ""]);
    expect(stderr, flags).toContain(`code      ${code}`);
  }
});
