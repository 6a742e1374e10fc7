import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { binary } from "../testing/binary.ts";

/** Has Node print the address of every module that it loads. */
const printing = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from "node:module";
  import { writeSync } from "node:fs";
  const load = (url, context, next) => {
    writeSync(2, "loaded " + url + String.fromCharCode(10));
    return next(url, context);
  };
  registerHooks({ load });
`)}`;

function modulesOf(...args: readonly string[]): string[] {
  const env = { ...process.env, NODE_DISABLE_COMPILE_CACHE: "1" };
  const words = ["--import", printing, binary, ...args];
  const { stderr } = spawnSync(process.execPath, words, { env, encoding: "utf8" });
  return stderr.split("\n").flatMap((line) => /^loaded (.*)$/.exec(line)?.[1] ?? []);
}

const isSchema = (url: string): boolean => url.includes("/node_modules/zod/");

test("help loads the commands' flags, and no schema, reader or operation", () => {
  const loaded = modulesOf("--help");
  expect(loaded.some((url) => url.endsWith("/cli/src/help.ts"))).toBe(true);
  const others = loaded.filter(
    (url) => url.includes("/node_modules/") && !url.includes("/@stricli/"),
  );
  expect(others).toEqual([]);
  const code =
    /\/commands\/\w+\/run\.ts$|\/host\/src\/(?!clock\/|state\/paths)|\/contract\/src\/(?!limits)/;
  expect(loaded.filter((url) => code.test(url))).toEqual([]);
});

const isReference = (url: string): boolean => url.includes("/contract/src/reference/");

test("a command loads the schemas when it reads a document, and the reference when asked for it", () => {
  const drawn = modulesOf("topology", "--from", "machine:hgx-h100");
  expect(drawn.filter(isSchema)).toEqual([]);
  const placing = modulesOf("place", "/none", "--on", "live");
  expect(placing.some(isSchema)).toBe(true);
  expect(placing.filter(isReference)).toEqual([]);
  expect(modulesOf("schema", "Flavor").some(isReference)).toBe(true);
});

test("a command that becomes another loads what binds it, and nothing that prints or parses", () => {
  const loaded = modulesOf("exec", "--", "true");
  expect(loaded.some((url) => url.endsWith("/host/src/exec/become.ts"))).toBe(true);
  const others =
    /\/node_modules\/(?!@stricli\/|koffi\/|@koromix\/)|\/contract\/src\/|\/catalog\/|\/xml\/|\/source\/|\/merge\/|-text\.ts$/;
  const own = /\/cli\/src\/(?:failure|text\/terminal-text)\.ts$/;
  expect(loaded.filter((url) => others.test(url) && !own.test(url))).toEqual([]);
});
