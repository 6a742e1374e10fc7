import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: [
      "packages/*/{src,testing}/**/*.test.ts",
      "tools/*.test.ts",
      "test/**/*.test.ts",
      "fuzz/**/*.test.ts",
    ],
    testTimeout: 60_000,
  },
});
