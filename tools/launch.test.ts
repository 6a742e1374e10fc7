import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { expect, test } from "vitest";

/** What the lock file of the checkout below names; `win` is for another platform. */
const locked = {
  "": { name: "workspace" },
  "packages/cli": { version: "0.1.0" },
  "node_modules/yaml": { version: "2.0.0", integrity: "sha512-a" },
  "node_modules/win": { version: "1.0.0", integrity: "sha512-b", optional: true },
};

/** Stands in for npm: installs what the lock file names, and says so in `npm-ran`. */
const npm = (root: string): string => `
  const { mkdirSync, copyFileSync, writeFileSync } = require("node:fs");
  mkdirSync("node_modules/yaml", { recursive: true });
  copyFileSync("package-lock.json", "node_modules/.package-lock.json");
  writeFileSync(${JSON.stringify(join(root, "npm-ran"))}, process.argv.slice(2).join(" "));
`;

/** A checkout in which npm has installed this; says whether `npm start` installs it again. */
function installsAgain(installed: Readonly<Record<string, object>> | null): boolean {
  const root = scratchFolder();
  const write = (path: string, text: string): void => {
    mkdirSync(join(root, path, ".."), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  mkdirSync(join(root, "tools"));
  cpSync(join(import.meta.dirname, "launch.mjs"), join(root, "tools/launch.mjs"));
  write("package-lock.json", JSON.stringify({ packages: locked }));
  write("package.json", "{}");
  write("packages/cli/bin/evenkeel.mjs", 'console.log("started");');
  write("npm.js", npm(root));
  if (installed !== null) {
    write("node_modules/.package-lock.json", JSON.stringify({ packages: installed }));
    mkdirSync(join(root, "node_modules/yaml"));
  }
  if (installed !== null && !("node_modules/yaml" in installed)) {
    rmSync(join(root, "node_modules/yaml"), { recursive: true });
  }
  const launched = spawnSync(process.execPath, [join(root, "tools/launch.mjs"), "start"], {
    env: { ...process.env, npm_execpath: join(root, "npm.js") },
    encoding: "utf8",
  });
  expect(launched.stderr).toBe("");
  expect(launched.stdout).toMatch(/started\n$/);
  return existsSync(join(root, "npm-ran"));
}

test("what npm has installed is not installed again, whoever called npm", () => {
  const { "node_modules/win": _, ...here } = locked;
  expect(installsAgain(here)).toBe(false);
});

test("what is missing, or is not what the lock file names, is installed", () => {
  expect(installsAgain(null)).toBe(true);
  const { "node_modules/yaml": yaml, ...missing } = locked;
  expect(installsAgain(missing)).toBe(true);
  expect(installsAgain({ ...locked, "node_modules/yaml": { ...yaml, version: "1.9.0" } })).toBe(
    true,
  );
  const other = { ...yaml, integrity: "sha512-c" };
  expect(installsAgain({ ...locked, "node_modules/yaml": other })).toBe(true);
});
