import {
  type Application,
  type ApplicationText,
  buildApplication,
  buildRouteMap,
  text_en,
} from "@stricli/core";
import type { CliCommand } from "./command/command.ts";
import { commands } from "./commands/commands.ts";
import type { CliContext } from "./command/context.ts";
import { helpOf } from "./help.ts";
import { commandUnknown, usageFailure, type UsageHints } from "./usage-failure.ts";

/**
 * The stricli application. It passes whatever goes wrong to `report` instead of printing it, so
 * that errors are worded in one place. Help is `columns` wide, which is asked only
 * for help.
 */
export function applicationOf(
  { version, columns }: { readonly version: string; readonly columns: () => number },
  hints: UsageHints,
  report: (thrown: unknown) => void,
): Application<CliContext> {
  const routes = Object.fromEntries(commands.map(({ name, command }) => [name, command]));
  const hideRoute = Object.fromEntries(commands.map((entry) => [entry.name, isHidden(entry)]));
  const root = buildRouteMap({
    routes,
    docs: { brief: "GPU VMs that behave the same way twice", hideRoute },
  });
  return buildApplication<CliContext>(
    root,
    {
      name: "evenkeel",
      scanner: { allowArgumentEscapeSequence: true },
      documentation: { disableAnsiColor: true },
      localization: { text: reportingText(hints, report) },
    },
    {
      help: {
        flag: {
          brief: "print this help",
          aliases: ["h"],
          global: true,
          complete: true,
          defaultForRouteMap: true,
          run(_application, { result }) {
            this.process.stdout.write(helpOf(result.prefix.slice(1), columns()));
          },
        },
      },
      version: {
        flag: {
          brief: "print the version",
          complete: true,
          run() {
            this.process.stdout.write(`${version}\n`);
          },
        },
      },
    },
  );
}

const isHidden = ({ description }: CliCommand): boolean => description.length === 0;

/**
 * Texts for stricli that report the error they should describe. What they return is never shown.
 */
function reportingText(hints: UsageHints, report: (thrown: unknown) => void): ApplicationText {
  const reported = (thrown: unknown): string => {
    report(thrown);
    return "";
  };
  return {
    ...text_en,
    noCommandRegisteredForInput: ({ input }) => reported(commandUnknown(input, hints)),
    exceptionWhileParsingArguments: (thrown) => reported(usageFailure(thrown, hints)),
    exceptionWhileLoadingCommandFunction: reported,
    exceptionWhileLoadingCommandContext: reported,
    exceptionWhileRunningCommand: reported,
    commandErrorResult: reported,
    exceptionWhileRunningIntegrationHook: ({ exception }) => reported(exception),
    exceptionWhileRunningIntegrationFlag: ({ exception }) => reported(exception),
  };
}
