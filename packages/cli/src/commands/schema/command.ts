import { buildCommand } from "@stricli/core";
import type { CliCommand } from "../../command/command.ts";
import type { CliContext } from "../../command/context.ts";
import type { SchemaFlags } from "./flags.ts";

export const schemaCommand: CliCommand = {
  name: "schema",
  command: buildCommand<SchemaFlags, [string?], CliContext>({
    loader: async () => (await import("./run.ts")).runSchema,
    parameters: {
      aliases: { o: "output" },
      flags: {
        output: {
          kind: "enum",
          values: ["text", "json"],
          default: "text",
          brief: "text, json: the list of kinds for people or programs; a schema is JSON anyway",
        },
      },
      positional: {
        kind: "tuple",
        parameters: [
          {
            parse: String,
            optional: true,
            proposeCompletions: async () =>
              (await import("@evenkeel/contract/document.ts")).documentKinds,
            brief: "a kind of document, such as Flavor; without one, the kinds are listed",
            placeholder: "KIND",
          },
        ],
      },
    },
    docs: { brief: "Print the JSON Schema of a kind of document, for editors" },
  }),
  description: [
    "An editor with a YAML language server checks and explains a file whose first line names the " +
      "schema: # yaml-language-server: $schema=flavor.json",
    "The schema holds every field with its meaning, its values, its default and an example, as " +
      "docs/reference has them.",
  ],
  examples: [
    { does: "The kinds of documents", lines: ["evenkeel schema"] },
    { does: "A schema for an editor", lines: ["evenkeel schema Flavor > flavor.json"] },
  ],
};
