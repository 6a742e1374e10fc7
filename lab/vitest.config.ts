import { defineConfig } from "vitest/config";

/** Each file boots a host of its own and shares it among its tests; two at once are too many. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: process.env["EVENKEEL_LAB"] === "quick" ? ["scenario/*.quick.ts"] : ["scenario/*.ts"],
    fileParallelism: false,
    testTimeout: 600_000,
    hookTimeout: 300_000,
  },
});
