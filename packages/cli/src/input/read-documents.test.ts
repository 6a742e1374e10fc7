import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { documentKinds, type DocumentKind, isDocumentKind } from "@evenkeel/contract/document.ts";
import { usesOf } from "@evenkeel/contract/document-uses.ts";
import { exampleDocuments } from "@evenkeel/contract/testing/examples.ts";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { expect, test } from "vitest";
import { evenkeel } from "../../testing/evenkeel.ts";
import { shownCommands } from "../commands/commands.ts";

const folder = scratchFolder();
const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

const head = (kind: string, name: string): string =>
  `---\napiVersion: evenkeel/v1\nkind: ${kind}\nmetadata: { name: ${name} }\n`;
const flavor = (name: string): string => `${head("Flavor", name)}spec: { vcpus: 1, memory: 1Gi }\n`;
const vm = (name: string): string =>
  `${head("VirtualMachine", name)}spec: { vcpus: 1, memory: 1Gi }\n`;
const flavors = file("flavors.yaml", flavor("small"));

/** Command lines that read standard input, and the kinds of documents that they take there. */
const on = ["--on", "synthetic:core:4 memory:8Gi"];
const places: readonly (readonly [takes: readonly DocumentKind[], argv: readonly string[]])[] = [
  [["VirtualMachine"], ["place", "-", ...on, "--flavor", flavors]],
  [["Flavor"], ["capacity", ...on, "--flavor", "-"]],
  [
    ["Flavor", "VirtualMachine"],
    ["prepare", "-", flavors, ...on],
  ],
  [["Plan"], ["render", "-", "--as", "libvirt"]],
  [["HostPolicy"], ["capacity", ...on, "--flavor", flavors, "--policy", "-"]],
  [["Fleet"], ["topology", "--fleet", "-"]],
];

/** The error of a command line, as a program reads it; null where it has none. */
async function refused(argv: readonly string[], stdin: string) {
  const { stderr } = await evenkeel([...argv, "-ojson"], { stdin });
  const { error } = JSON.parse(/^\{.*\}$/m.exec(stderr)?.[0] ?? "{}");
  return error ?? null;
}

test.each(places)("%s: any other kind is refused, with what takes it", async (takes, argv) => {
  for (const document of exampleDocuments) {
    const { kind } = document;
    const error = await refused(argv, JSON.stringify(document));
    if (takes.includes(kind)) expect([kind, error?.code]).not.toEqual([kind, "document-invalid"]);
    else {
      expect(error).toMatchObject({
        code: "document-invalid",
        message: `it contains a ${kind}`,
        where: "standard input",
        remedy: usesOf([document], "standard input"),
      });
    }
  }
});

test("what takes a kind is a command or a flag that is there", () => {
  const flags = new Set(
    shownCommands.flatMap(({ command }) => Object.keys(command.parameters.flags ?? {})),
  );
  const names = new Set(shownCommands.map(({ name }) => name));
  for (const kind of documentKinds.filter(isDocumentKind)) {
    const use = usesOf([{ kind }], "x.yaml");
    expect(use).toMatch(new RegExp(`^an? ${kind} |^${kind}s `));
    const asked = [...use.matchAll(/--([a-z-]+)/g)].map(([, flag = ""]) => flag);
    const run = [...use.matchAll(/evenkeel ([a-z]+)/g)].map(([, name = ""]) => name);
    expect(asked.length + run.length).toBeGreaterThan(0);
    expect([kind, asked.filter((flag) => !flags.has(flag))]).toEqual([kind, []]);
    expect([kind, run.filter((name) => !names.has(name))]).toEqual([kind, []]);
  }
});

test("of several documents it is said how many, of which kinds, and what to do", async () => {
  const each = "write each to a file of its own, and name one";
  const [asPlaced, asFlavors, asPrepared, asRendered] = places.map(([, argv]) => argv);
  const cases: readonly (readonly [readonly string[] | undefined, string, string, string])[] = [
    [asPlaced, vm("a") + vm("b"), "it contains 2 documents: VirtualMachine", each],
    [
      asPlaced,
      vm("a") + flavor("f") + vm("b"),
      "it contains 3 documents: VirtualMachine, Flavor",
      each,
    ],
    [
      asPlaced,
      flavor("f") + flavor("g"),
      "it contains 2 documents: Flavor",
      usesOf([{ kind: "Flavor" }], "standard input"),
    ],
    [
      asPlaced,
      `${vm("a")}---\napiVersion: evenkeel/v1\nkind: HostPolicy\n`,
      "it contains 2 documents: VirtualMachine, HostPolicy",
      usesOf([{ kind: "HostPolicy" }], "standard input"),
    ],
    [
      asFlavors,
      flavor("f") + vm("a"),
      "it contains 2 documents: Flavor, VirtualMachine",
      usesOf([{ kind: "VirtualMachine" }], "standard input"),
    ],
    [
      asPrepared,
      `${flavor("f")}---\napiVersion: evenkeel/v1\nkind: HostPolicy\n`,
      "it contains 2 documents: Flavor, HostPolicy",
      usesOf([{ kind: "HostPolicy" }], "standard input"),
    ],
    [asRendered, vm("a") + vm("b"), "it contains 2 documents: VirtualMachine", each],
    [
      asRendered,
      vm("a"),
      "it contains a VirtualMachine",
      usesOf([{ kind: "VirtualMachine" }], "standard input"),
    ],
  ];
  for (const [argv = [], stdin, message, remedy] of cases) {
    expect(await refused(argv, stdin)).toMatchObject({ code: "document-invalid", message, remedy });
  }
});

test("flavors of one name are refused, with where both are", async () => {
  const twice = file("twice.yaml", flavor("a") + flavor("b") + flavor("a"));
  const other = file("other.yaml", flavor("b"));
  const capacity = (...paths: string[]) =>
    refused(["capacity", ...on, ...paths.flatMap((path) => ["--flavor", path])], "");
  expect(await capacity(twice)).toMatchObject({
    code: "usage",
    message: 'the flavor "a" is given twice',
    where: `${twice}:12:1`,
    remedy: `leave out one of the two, or rename it: the first is at ${twice}:2:1`,
  });
  expect(await capacity(other, other)).toMatchObject({ remedy: "name its file once" });
  expect(await capacity(flavors, other)).toBeNull();
});

test("a machine in place of a file is said to be one, unless a file has its name", async () => {
  for (const machine of ["machine:hgx-h100", "sysfs:host.tar", "ssh:gpu-01", "synthetic:core:4"]) {
    expect(await refused(["prepare", flavors, machine, ...on], "")).toMatchObject({
      code: "file-missing",
      message: "names a machine, and no file",
      where: machine,
    });
  }
  const before = process.cwd();
  try {
    process.chdir(folder);
    file("lscpu:1", flavor("odd"));
    expect(await refused(["prepare", "lscpu:1", ...on], "")).toBeNull();
  } finally {
    process.chdir(before);
  }
});
