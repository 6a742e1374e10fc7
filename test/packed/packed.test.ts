import { spawnSync } from "node:child_process";
import { copyFileSync, globSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { catalogMachine } from "@evenkeel/core/topology/catalog/catalog.ts";
import { asPlanned } from "@evenkeel/core/testing/evidence/as-planned.ts";
import { sabotages } from "@evenkeel/core/testing/evidence/sabotages.ts";
import { planOf } from "@evenkeel/core/testing/guest/plan-of.ts";
import { at } from "@evenkeel/core/unit/list.ts";
import { writeSnapshot } from "@evenkeel/host/snapshot/write.ts";
import { generateHwloc } from "@evenkeel/host/testing/hwloc/generate-hwloc.ts";
import { nvidiaSmiTopoText } from "@evenkeel/host/testing/nvidia-smi/write-topo-matrix.ts";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { generateSysfs } from "@evenkeel/host/testing/sysfs/generate-sysfs.ts";
import { inMemory } from "@evenkeel/host/testing/sysfs/generated-tree.ts";
import { beforeAll, describe, expect, test } from "vitest";
import { findNode22 } from "../../tools/node-22.ts";
import { npm } from "../../tools/pack-packages.ts";
import { type Declared, declared, type ExportedName, exportedNames } from "./exported-names.ts";
import { examplesIn, installPacked, link, type Ran, run } from "./installed.ts";

/**
 * The packages as somebody else has them: packed, unpacked outside the repository, and used as
 * their documents say.
 */
const root = join(import.meta.dirname, "../..");
const folder = scratchFolder();
const { names, files } = installPacked(folder);
const examples = globSync("examples/*.ts", { cwd: root }).map((path) => path.slice(9));
const readRoot = (path: string): string => readFileSync(join(root, path), "utf8");
const readPacked = (path: string): string =>
  readFileSync(join(folder, "node_modules/@evenkeel", path), "utf8");
const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
const bin = "node_modules/@evenkeel/cli/bin/evenkeel.mjs";

beforeAll(async () => {
  for (const name of examples) copyFileSync(join(root, "examples", name), join(folder, name));
  for (const name of names) {
    const [only = "", ...others] = examplesIn(readPacked(`${name}/README.md`));
    expect([name, others.length, only === ""]).toEqual([name, 0, false]);
    write(`readme-${name}.ts`, only);
  }
  const machine = catalogMachine("hgx-h100");
  if (machine === null) throw new Error("the catalog has an HGX H100");
  await writeSnapshot(inMemory(generateSysfs(machine)), join(folder, "host.tar"));
  write("host.xml", generateHwloc(machine));
  write("topo.txt", nvidiaSmiTopoText(machine, "numa-id"));
  write("vm.yaml", document("VirtualMachine", "llm-a"));
  write("huge.yaml", document("VirtualMachine", "llm-b").replace("vcpus: 24", "vcpus: 4000"));
  write("flavors.yaml", document("Flavor", "h100.2"));
  const plan = planOf({ vm: "llm-a", cells: [{ cores: 1 }, { cores: 1, hostNode: 1 }] });
  const evidence = asPlanned(plan);
  write("plan.json", JSON.stringify(plan));
  write("evidence.json", JSON.stringify(evidence));
  write("moved.json", JSON.stringify(at(sabotages, 0).apply(evidence, plan)));
});

function document(kind: string, name: string): string {
  const spec = "{ accelerators: { count: 2 }, vcpus: 24, memory: 240Gi, hugepages: 1Gi }";
  return `apiVersion: evenkeel/v1\nkind: ${kind}\nmetadata: { name: ${name} }\nspec: ${spec}\n`;
}

describe("a tarball", () => {
  const wanted = /^(dist\/.+\.(js|d\.ts|sh)|package\.json|README\.md|LICENSE|bin\/[a-z-]+\.mjs)$/;

  test("has what was built, and neither sources nor tests", () => {
    const others = [...files].flatMap(([name, paths]) =>
      paths
        .filter((path) => !wanted.test(path) || /test|\/src\//.test(path))
        .map((path) => `${name}/${path}`),
    );
    expect(others).toEqual([]);
    for (const [name, paths] of files) {
      const needed = ["LICENSE", "README.md", "dist/index.d.ts", "dist/index.js", "package.json"];
      expect([name, needed.filter((path) => !paths.includes(path))]).toEqual([name, []]);
      expect(readPacked(`${name}/LICENSE`)).toBe(readRoot("LICENSE"));
    }
  });

  test("is the same when npm packs the package by itself", () => {
    const alone = scratchFolder();
    npm("pack", "--workspace", "packages/contract", "--pack-destination", alone);
    const [file = ""] = globSync("*.tgz", { cwd: alone });
    const again = readFileSync(join(alone, file));
    expect(again.equals(readFileSync(join(folder, "tarballs", file)))).toBe(true);
  });

  test("imports no source, and of other packages what they have built", () => {
    const specifier = /\b(?:from |import\()"([^"]+)"/g;
    const broken = [...files].flatMap(([name, paths]) =>
      paths
        .filter((path) => /\.(js|d\.ts)$/.test(path))
        .flatMap((path) =>
          [...readPacked(`${name}/${path}`).matchAll(specifier)]
            .map(([, module = ""]) => module)
            .filter((module) => module.endsWith(".ts") || /^@evenkeel\/\w+\/(?!int)/.test(module))
            .map((module) => `${name}/${path} imports ${module}`),
        ),
    );
    expect(broken).toEqual([]);
  });
});

describe("the names for programs elsewhere", () => {
  const exportsOf = (name: string): readonly ExportedName[] =>
    exportedNames(readRoot(`packages/${name}/src/index.ts`));
  const declaredIn = (name: string, { name: exported, from }: ExportedName): Declared => {
    const found = declared(readPacked(`${name}/dist/${from}.d.ts`), exported);
    if (found === null) throw new Error(`${from} declares no ${exported}`);
    return found;
  };

  test.each(names)("of %s all have a docstring", (name) => {
    const bare = exportsOf(name).filter((entry) => !declaredIn(name, entry).hasDocstring);
    expect(bare).toEqual([]);
  });

  test("come with the types of their arguments and results", () => {
    const types = new Set(names.flatMap(exportsOf).map((entry) => entry.name));
    const missing = names.flatMap((name) =>
      exportsOf(name).flatMap((entry) =>
        declaredIn(name, entry)
          .types.filter((type) => !types.has(type))
          .map((type) => `${name}: ${entry.name} needs ${type}`),
      ),
    );
    expect(missing).toEqual([]);
  });

  test.each(names)("of %s all are in its README, and no others", (name) => {
    const rows = readPacked(`${name}/README.md`).matchAll(/^\| [A-Z].* \| (.*) \| (.*) \|$/gm);
    const told = [...rows].flatMap(([, values = "", types = ""]) => [
      ...[...values.matchAll(/`(\w+)`/g)].map(([, word]) => `${word}`),
      ...[...types.matchAll(/`(\w+)`/g)].map(([, word]) => `type ${word}`),
    ]);
    const own = exportsOf(name).map((entry) => `${entry.isType ? "type " : ""}${entry.name}`);
    expect(told.toSorted()).toEqual(own.toSorted());
  });

  test.each(names)("of %s are installed from tarballs of this version", (name) => {
    const { version }: { readonly version: string } = JSON.parse(
      readPacked(`${name}/package.json`),
    );
    const told = [...readPacked(`${name}/README.md`).matchAll(/\.\/evenkeel-([a-z]+)-(.+?)\.tgz/g)];
    expect(told.map(([, , tarball]) => tarball)).toEqual(told.map(() => version));
    expect(told.map(([, tarball]) => tarball)).toContain(name);
  });
});

describe("examples have types", () => {
  test.each([
    { module: "node16", moduleResolution: "node16" },
    { module: "esnext", moduleResolution: "bundler" },
  ])("by $moduleResolution", (resolution) => {
    link(folder, "@types/node");
    link(folder, "undici-types");
    const compilerOptions = {
      ...resolution,
      target: "es2022",
      lib: ["es2022"],
      types: ["node"],
      strict: true,
      skipLibCheck: false,
      noEmit: true,
    };
    write("tsconfig.json", JSON.stringify({ compilerOptions, include: ["*.ts"] }));
    const tsc = run(folder, process.execPath, join(root, "node_modules/typescript/bin/tsc"));
    expect(tsc).toEqual({ stdout: "", stderr: "", status: 0 });
  });
});

const node22 = findNode22();
const nodes = [
  { version: "24", node: process.execPath },
  { version: "22", node: node22 ?? "" },
].filter(({ node }) => node !== "");

test.skipIf(node22 === null)("Node 22 is at hand, by npm test or EVENKEEL_NODE_22", () => {
  expect(run(folder, node22 ?? "", "--version").stdout).toMatch(/^v22\./);
});

describe.each(nodes)("on Node $version", ({ node }) => {
  const program = (...args: readonly string[]): Ran => run(folder, node, ...args);
  const told = ({ status, stdout, stderr }: Ran): unknown[] => [status, stdout, errorsOf(stderr)];

  // What measures is a process with threads, which nobody imports.
  const isProcess = (path: string): boolean => /\/measure\/crew\/(?:main|thread)\.js$/.test(path);

  test("every module loads", () => {
    const modules = [...files].flatMap(([name, paths]) =>
      paths
        .filter((path) => path.endsWith(".js") && !isProcess(path))
        .map((path) => `await import("./node_modules/@evenkeel/${name}/${path}");`),
    );
    write("load.mjs", modules.join("\n"));
    expect(modules.length).toBeGreaterThan(500);
    expect(program("load.mjs")).toEqual({ status: 0, stdout: "", stderr: "" });
  });

  test("the command answers", () => {
    expect(told(program(bin, "--version"))).toEqual([0, "0.1.0\n", ""]);
    const placed = program(bin, "place", "vm.yaml", "--on", "machine:hgx-h100");
    expect(placed).toMatchObject({ status: 0, stderr: "" });
    expect(placed.stdout).toContain("llm-a goes to hgx-h100");
    const script = readRoot("packages/host/src/guest-check/report.sh");
    expect(told(program(bin, "guest", "script"))).toEqual([0, script, ""]);
  });

  test.each(names)("the example of %s runs as its README has it", (name) => {
    const ran = program(`readme-${name}.ts`);
    expect([ran.status, errorsOf(ran.stderr)]).toEqual([0, ""]);
    expect(ran.stdout).not.toBe("");
  });

  test("a VM is placed on a recording as the command places it", () => {
    expect(readRoot("examples/place.ts").split("\n").length).toBeLessThan(30);
    const own = program("place.ts", "sysfs:host.tar", "vm.yaml");
    const asked = ["place", "vm.yaml", "--on", "sysfs:host.tar", "--output", "libvirt"];
    const command = program(bin, ...asked);
    expect([own.status, own.stdout.trimEnd()]).toEqual([0, command.stdout.trimEnd()]);
    expect(own.stdout).toContain("<domain ");
    const refused = program("place.ts", "hwloc:host.xml", "huge.yaml");
    expect([refused.status, refused.stdout]).toEqual([3, ""]);
    expect(refused.stderr).toMatch(/^ *[a-z-]+-short: /m);
  });

  test("evidence is held against a plan", () => {
    const kept = program("verify.ts", "plan.json", "evidence.json");
    expect([kept.status, kept.stdout]).toEqual([0, "llm-a on host-1: as planned\n"]);
    const broken = program("verify.ts", "plan.json", "moved.json");
    expect(broken.status).toBe(3);
    expect(broken.stdout).toContain("memory-off-node: ");
  });

  test("capacity of a fleet is counted", () => {
    const ran = program("capacity.ts", "flavors.yaml", "machine:hgx-h100", "sysfs:host.tar");
    expect(ran.stdout).toBe("h100.2: 8 more fit, of 8 when every host is empty\n");
  });

  test("policies are compared, one of them the example's own", () => {
    const { stdout } = program("policies.ts", "hgx-h100", "4");
    const compared = stdout.split("\n").map((line) => line.split(" ")[0]);
    expect(compared).toEqual(expect.arrayContaining(["random", "evenkeel", "solver", "roomiest"]));
  });

  test("readings of one machine are merged", () => {
    const sources = ["sysfs:host.tar", "hwloc:host.xml", "nvidia-smi:topo.txt"];
    const ran = program("merge.ts", ...sources);
    expect(ran.status).toBe(0);
    expect(ran.stdout).toContain("NV18");
  });
});

/** What a program says on standard error, but for Node's notice that it strips types. */
function errorsOf(stderr: string): string {
  return stderr.replaceAll(/^\(node:.*ExperimentalWarning.*\n|^\(Use `node --trace.*\n/gm, "");
}

describe("installed for all users (npm install --global)", () => {
  const prefix = join(folder, "global");
  const tarballs = globSync("tarballs/*.tgz", { cwd: folder }).map((path) => join(folder, path));
  const quiet = ["--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund"];

  test("npm takes the tarballs, and the command runs on each Node that packages are for", (context) => {
    try {
      npm("install", "--global", "--prefix", prefix, ...quiet, ...tarballs);
    } catch (error) {
      if (!/E(NOTFOUND|AI_AGAIN|CONNREFUSED|TIMEDOUT)/.test(String(error))) throw error;
      context.skip("npm's registry cannot be reached");
    }
    for (const { node } of nodes) {
      const program = join(prefix, "bin/evenkeel");
      const env = { ...process.env, PATH: `${dirname(node)}:/usr/bin:/bin` };
      const argv = ["place", "vm.yaml", "--on", "machine:hgx-h100"];
      const placed = spawnSync(program, argv, { cwd: folder, env, encoding: "utf8" });
      expect([placed.status, placed.stderr]).toEqual([0, ""]);
      expect(placed.stdout).toContain("llm-a goes to hgx-h100");
    }
  });
});
