import { readFileSync } from "node:fs";
import { join } from "node:path";
import { rolldown, type Plugin } from "rolldown";

const root = join(import.meta.dirname, "..");
const cli = join(root, "packages/cli/src");

/**
 * Writes `evenkeel guest` as one file that runs on any Node from 20 on, with nothing beside it:
 * what a guest needs of the command line, and no more.
 */
export async function bundleGuest(file: string): Promise<void> {
  const bundle = await rolldown({
    input: "evenkeel-guest",
    platform: "node",
    plugins: [guestAlone(versionOf(join(root, "packages/cli/package.json")))],
    transform: { target: "node20" },
  });
  try {
    await bundle.write({
      file,
      format: "esm",
      minify: true,
      codeSplitting: false,
      banner: "#!/usr/bin/env node",
    });
  } finally {
    await bundle.close();
  }
}

/** What stands in the bundle for modules of the command line. */
function guestAlone(version: string): Plugin {
  const script = readFileSync(join(root, "packages/host/src/guest-check/report.sh"), "utf8");
  const modules = new Map([
    [
      "evenkeel-guest",
      `import { main } from ${JSON.stringify(join(cli, "main.ts"))}; await main(${JSON.stringify(version)});`,
    ],
    [
      "commands/commands.ts",
      `import { guestCommand } from ${JSON.stringify(join(cli, "commands/guest/command.ts"))};
       export const commands = [guestCommand];
       export const shownCommands = commands;`,
    ],
    // It becomes no other command.
    ["binder-rules.ts", "export const binderRules = [];"],
    ["report-script.ts", `export const reportScript = () => ${JSON.stringify(script)};`],
  ]);
  return {
    name: "evenkeel-guest",
    resolveId: (source) => {
      const own = [...modules.keys()].find(
        (name) => source === name || source.endsWith(`/${name}`),
      );
      return own === undefined ? null : `\0${own}`;
    },
    load: (id) => modules.get(id.replace("\0", "")) ?? null,
  };
}

function versionOf(path: string): string {
  const { version }: { readonly version: string } = JSON.parse(readFileSync(path, "utf8"));
  return version;
}
