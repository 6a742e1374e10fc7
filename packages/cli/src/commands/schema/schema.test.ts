import { documentKinds, isDocumentKind } from "@evenkeel/contract/document.ts";
import { jsonSchemaOf } from "@evenkeel/contract/reference/json-schema.ts";
import { expect, test } from "vitest";
import { evenkeel } from "../../../testing/evenkeel.ts";

const kinds = documentKinds.filter(isDocumentKind);

test("a kind is known in any case, with hyphens, and as the name of its file", async () => {
  for (const kind of kinds) {
    const hyphens = kind.replaceAll(/(?<=[a-z])(?=[A-Z])/g, "-").toLowerCase();
    for (const name of [kind, kind.toUpperCase(), hyphens, `${hyphens}.json`, `${kind}.json`]) {
      const { stdout, stderr, status } = await evenkeel(["schema", name]);
      expect({ name, stderr, status }).toEqual({ name, stderr: "", status: 0 });
      expect(JSON.parse(stdout)).toEqual(jsonSchemaOf(kind));
    }
  }
}, 60_000);

test("another name of a kind, and a misspelled one, are answered with the kind", async () => {
  const meant: readonly (readonly [string, string])[] = [
    ["vm", "evenkeel schema VirtualMachine"],
    ["policy", "evenkeel schema HostPolicy"],
    ["inventory", "evenkeel schema Fleet"],
    ["Flavour", "evenkeel schema Flavor"],
    ["Verdikt", "evenkeel schema Verdict"],
    ["nonsense", "evenkeel schema says what each is"],
  ];
  for (const [name, remedy] of meant) {
    const { stderr, status } = await evenkeel(["schema", name, "-ojson"]);
    expect(JSON.parse(stderr).error).toMatchObject({
      code: "usage",
      message: `KIND is ${JSON.stringify(name)}`,
      remedy,
    });
    expect(status).toBe(2);
  }
});

test.each([40, 80, 120])("the list of kinds has two columns within %i", async (terminal) => {
  const { stdout } = await evenkeel(["schema"], { terminal, env: { NO_COLOR: "1" } });
  const lines = stdout.trimEnd().split("\n");
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(terminal);
  const longest = Math.max(...kinds.map((kind) => kind.length));
  const column = longest + 2;
  expect(lines.map((line) => line.slice(column - 2, column).trim())).toEqual(lines.map(() => ""));
  const named = lines.map((line) => line.slice(0, column).trim()).filter((name) => name !== "");
  const { stdout: json } = await evenkeel(["schema", "-ojson"]);
  const told: readonly { readonly kind: string; readonly about: string }[] = JSON.parse(json).kinds;
  expect(named).toEqual(told.map(({ kind }) => kind));
  expect(named.toSorted()).toEqual(kinds.toSorted());
  const abouts = lines.map((line) => line.slice(column)).join(" ");
  expect(abouts).toBe(told.map(({ about }) => about).join(" "));
});
