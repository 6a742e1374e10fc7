import { defineConfig } from "vitest/config";

/** Each file boots a host of its own and shares it among its tests; two at once are too many. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: process.env["EVENKEEL_LAB"] === "quick" ? ["scenario/*.quick.ts"] : ["scenario/*.ts"],
    fileParallelism: false,
    // On a busy machine a nested guest takes eight minutes to boot.
    testTimeout: 1_000_000,
    hookTimeout: 600_000,
  },
});
