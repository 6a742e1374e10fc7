import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readDocument } from "@evenkeel/contract/read-document.ts";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { expect, test } from "vitest";
import { evenkeel } from "../../../testing/evenkeel.ts";

const folder = scratchFolder();

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const vm = (spec: string): string =>
  `apiVersion: evenkeel/v1\nkind: VirtualMachine\nmetadata: { name: a }\nspec: ${spec}\n`;
const small = file("small.yaml", vm("{ vcpus: 2, memory: 4Gi, hugepages: 1Gi }"));
const large = file("large.yaml", vm("{ vcpus: 2, memory: 40Gi, hugepages: 1Gi }"));
const flavor = file(
  "flavor.yaml",
  "apiVersion: evenkeel/v1\nkind: Flavor\nmetadata: { name: f }\nspec: { vcpus: 2, memory: 4Gi, hugepages: 1Gi }\n",
);

/** What `numactl -H` tells: CPUs and memory, neither cores nor huge pages. */
const numactl = `available: 2 nodes (0-1)
node 0 cpus: 0 1 2 3
node 0 size: 16000 MB
node 0 free: 15000 MB
node 1 cpus: 4 5 6 7
node 1 size: 16000 MB
node 1 free: 15000 MB
node distances:
node   0   1
  0:  10  21
  1:  21  10
`;
const host = file("host.txt", numactl);

test("a host of which too little is known ends place with 4 and what would tell", async () => {
  const text = await evenkeel(["place", small, "--on", host]);
  expect(text.status).toBe(4);
  expect(`\n${text.stdout}`).toMatchInlineSnapshot(`
    "
    a may fit on host: not enough is known to say

    host
      cpus-untold       Nobody told the cores of nodes 0-1: add \`lscpu -e\` or an \`evenkeel snapshot\` of
                        this host.
      hugepages-untold  Nobody told the huge pages of nodes 0-1: add an \`evenkeel snapshot\`, \`lstopo
                        --of xml\` or \`virsh capabilities\` of this host.
    "
  `);
  const json = await evenkeel(["place", small, "--on", host, "--output", "json"]);
  expect(json.status).toBe(4);
  const refusal = readDocument(json.stdout, "stdout", "Refusal");
  expect(refusal.untold.map(({ code }) => code)).toEqual(["cpus-untold", "hugepages-untold"]);
  // What is known rules this out: no node has 40 GiB, and both have 32.
  const no = await evenkeel(["place", large, "--on", host, "--output", "json"]);
  expect(no.status).toBe(3);
  expect(readDocument(no.stdout, "stdout", "Refusal").untold).toEqual([]);
});

test("capacity counts a host of which too little is known as unknown, not as none", async () => {
  const on = ["capacity", "--flavor", flavor, "--on", host];
  const text = await evenkeel(on);
  expect(text.status).toBe(4);
  expect(`\n${text.stdout}`).toMatchInlineSnapshot(`
    "
    host
      flavor  fits  of at most
      f          ?           ?  not enough is known to say
      - Nobody can say how many of f fit. Nobody told the cores of nodes 0-1: add \`lscpu -e\` or an
        \`evenkeel snapshot\` of this host. Nobody told the huge pages of nodes 0-1: add an \`evenkeel
        snapshot\`, \`lstopo --of xml\` or \`virsh capabilities\` of this host.

    --signatures shows how each is placed, and how else it could be
    "
  `);
  const known = `synthetic:"core:8 memory:64Gi hugepages:40x1Gi"`.replaceAll('"', "");
  const both = await evenkeel([...on, "--on", known, "--output", "json"]);
  expect(both.status).toBe(0);
  expect(readDocument(both.stdout, "stdout", "Capacity").hosts).toMatchObject([
    { host: "host", flavors: [{ fits: 0, untold: [{ code: "cpus-untold" }, {}] }] },
    { flavors: [{ untold: [] }] },
  ]);
  expect((await evenkeel([...on, "--on", known])).stdout).toMatch(
    /hosts together\n.*\n *f +3\+ +3\+\n/,
  );
});

test("--fit has a third answer", async () => {
  const text = await evenkeel(["topology", "--from", host, "--fit", flavor]);
  expect(text.status).toBe(4);
  expect(`\n${text.stdout}`).toMatchInlineSnapshot(`
    "
    host: not enough is known to say whether 1 of 1 flavors fits on one node

      Not enough is known to say whether f fits on one node. Nobody told the cores of nodes 0-1: add
        \`lscpu -e\` or an \`evenkeel snapshot\` of this host. Nobody told the huge pages of nodes 0-1:
        add an \`evenkeel snapshot\`, \`lstopo --of xml\` or \`virsh capabilities\` of this host.
    "
  `);
  const json = await evenkeel(["topology", "--from", host, "--fit", flavor, "--output", "json"]);
  expect(json.status).toBe(4);
  expect(JSON.parse(json.stdout)).toMatchObject({ fits: [{ onOneNode: null }] });
});
