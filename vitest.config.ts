import { defineConfig } from "vitest/config";

/**
 * Tests that start emulators, or look at all emulators of this machine. They run one file after the
 * other, because what one VM holds is taken for every other VM.
 */
const withEmulators = [
  "packages/cli/src/commands/{evidence,list,run,stop}/*.test.ts",
  "packages/host/src/{evidence,holding,qmp,vm}/*.test.ts",
  "test/{attack,guide,libvirt,qemu}/**/*.test.ts",
];

const all = [
  "packages/*/{src,testing}/**/*.test.ts",
  "tools/*.test.ts",
  "test/**/*.test.ts",
  "fuzz/**/*.test.ts",
];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "side by side",
          include: all,
          exclude: withEmulators,
          testTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: "with emulators",
          include: withEmulators,
          testTimeout: 60_000,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
