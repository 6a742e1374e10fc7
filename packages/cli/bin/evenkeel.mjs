#!/usr/bin/env node
// In a checkout the sources are TypeScript that Node runs as it stands, which takes Node 22.19; a
// package has what was built from them. This file runs on any Node that knows modules, so that an
// older one gets a sentence instead of a syntax error.
import { existsSync, readFileSync } from "node:fs";

const required = [22, 19];
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));

if (process.argv.length === 3 && process.argv[2] === "--version") {
  process.stdout.write(`${version}\n`);
} else if (major < required[0] || (major === required[0] && minor < required[1])) {
  process.stderr.write(
    `evenkeel: Node ${process.versions.node} is too old: ${required.join(".")} or newer is needed ` +
      "(in a checkout, npx evenkeel runs the one that npm ci installed)\n",
  );
  process.exitCode = 2;
} else {
  // Node warns that running TypeScript is experimental in some of these versions; it works in all.
  if (!process.env.EVENKEEL_DEBUG) process.removeAllListeners("warning");
  const { useCompileCache } = await import("./compile-cache.mjs");
  useCompileCache();
  const built = new URL("../dist/main.js", import.meta.url);
  const isCheckout = existsSync(new URL("../src/main.ts", import.meta.url));
  const { main } = await (isCheckout ? import("../src/main.ts") : import(built));
  await main(version);
}
