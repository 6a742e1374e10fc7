import { mkdirSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { formatBytes } from "@evenkeel/core/unit/bytes.ts";
import { bundleGuest } from "./bundle-guest.ts";

/** `npm run guest-bundle -- [FILE]`: the guest's part of Evenkeel as one file. */
const [given] = process.argv.slice(2);
const file =
  given === undefined ? join(import.meta.dirname, "../out/evenkeel-guest.mjs") : resolve(given);
mkdirSync(dirname(file), { recursive: true });
await bundleGuest(file);
const size = formatBytes(Math.ceil(statSync(file).size / 1024) * 1024);
console.log(`${file}: ${size}. In a guest: node evenkeel-guest.mjs guest check`);
